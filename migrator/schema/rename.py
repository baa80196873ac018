"""RENAME and SET SCHEMA in the replay: the new name in every place where the old one stood."""

from dataclasses import replace

from migrator.names import TableName
from migrator.schema import view_texts
from migrator.schema.definitions import deparse_constraint, keys_of, predicate_of
from migrator.schema.draft import Draft
from migrator.schema.expressions import definition_of, parse_one, rename_column, rename_in_list
from migrator.schema.parts import Constraint, Dependent, Index
from migrator.statements.parse import deparse, pb


def rename(draft: Draft, statement: pb.RenameStmt) -> None:
    """Apply a RENAME; kinds that the schema does not hold change nothing."""
    name, new = draft.name(statement.relation), statement.newname
    match statement.rename_type:
        case pb.OBJECT_TABLE:
            move_table(draft, name, TableName(name.schema, new))
        case pb.OBJECT_COLUMN:
            _rename_column(draft, name, statement.subname, new)
        case pb.OBJECT_TABCONSTRAINT:
            _rename_constraint(draft, name, statement.subname, new)
        case pb.OBJECT_INDEX:
            _rename_index(draft, name, new)
        case pb.OBJECT_TRIGGER:
            table = draft.table(name)
            names = (new if trigger == statement.subname else trigger for trigger in (table.triggers if table else ()))
            draft.change(name, triggers=tuple(sorted(names)))
            _rename_dependent(draft, "trigger", statement.subname, new)
        case pb.OBJECT_POLICY:
            _rename_dependent(draft, "policy", statement.subname, new)
        case pb.OBJECT_VIEW | pb.OBJECT_MATVIEW:
            kind = "view" if statement.rename_type == pb.OBJECT_VIEW else "materialized view"
            _move_view(draft, name, TableName(name.schema, new))
            _rename_dependent(draft, kind, name.dotted, f"{name.schema}.{new}")
        case _:
            return


def move_table(draft: Draft, old: TableName, new: TableName) -> None:
    """Give a table another name or schema, in everything that refers to it."""
    table = draft.table(old)
    if table is None:
        return
    is_empty = old in draft.empty
    draft.forget(old)
    indexes = tuple(replace(i, table=new, definition=_on_table(i, new)) for i in table.indexes)
    draft.put(replace(table, name=new, indexes=indexes))
    draft.empty |= {new} if is_empty else set()
    for name in {*draft.links.referencing(old), *draft.links.children(old), new}:
        other = draft.table(name)
        if other is not None:
            constraints = (_pointing_at(c, old, new) for c in other.constraints)
            draft.put(
                replace(other, constraints=tuple(constraints), parent=new if other.parent == old else other.parent)
            )
    draft.put_dependents(new, (replace(d, table=new) for d in draft.dependents_on(old)))
    draft.put_dependents(old, ())
    _follow_in_views(draft, old, new)


def _follow_in_views(draft: Draft, old: TableName, new: TableName) -> None:
    """Views hold on to what they read, whatever its name becomes."""
    for view in draft.views_over(old):
        reads = tuple(new if read == old else read for read in view.reads)
        draft.put_view(replace(view, reads=reads, definition=None))


def _move_view(draft: Draft, old: TableName, new: TableName) -> None:
    _follow_in_views(draft, old, new)
    view = draft.view(old)
    if view is not None:
        draft.forget_view(old)
        draft.put_view(replace(view, name=new))


def _on_table(index: Index, table: TableName) -> str:
    node = parse_one(index.definition)
    node.index_stmt.relation.schemaname, node.index_stmt.relation.relname = table
    return deparse(node)


def _pointing_at(constraint: Constraint, old: TableName, new: TableName) -> Constraint:
    if constraint.references != old:
        return constraint
    tree = _constraint_tree(new, constraint)
    tree.pktable.schemaname, tree.pktable.relname = new
    return replace(constraint, references=new, definition=deparse_constraint(new, tree))


def _rename_column(draft: Draft, name: TableName, old: str, new: str) -> None:
    view_texts.forget_over(draft, name)
    table = draft.table(name)
    if table is None:
        return
    draft.change(
        name,
        columns=tuple(replace(c, name=new) if c.name == old else c for c in table.columns),
        indexes=tuple(_index_with(i, old, new) if old in i.columns else i for i in table.indexes),
        constraints=tuple(_constraint_with(name, c, old, new) if old in c.columns else c for c in table.constraints),
        partition_key=_swapped(table.partition_key, old, new),
    )
    for other_name in draft.links.referencing(name):
        other = draft.table(other_name)
        if other is not None:
            constraints = (
                _referring_with(other.name, c, old, new) if c.references == name else c for c in other.constraints
            )
            draft.change(other.name, constraints=tuple(constraints))
    found = draft.dependents_on(name)
    draft.put_dependents(name, (Dependent(d.kind, d.name, name, new) if d.column == old else d for d in found))
    for child in draft.links.children(name):
        heir = draft.table(child)
        if heir is not None and heir.parent == name:
            _rename_column(draft, child, old, new)


def _index_with(index: Index, old: str, new: str) -> Index:
    node = parse_one(index.definition)
    statement = node.index_stmt
    for element in (*statement.index_params, *statement.index_including_params):
        if element.index_elem.name == old:
            element.index_elem.name = new
    rename_column(statement, old, new)
    return replace(
        index,
        keys=keys_of(statement),
        predicate=predicate_of(statement),
        include=_swapped(index.include, old, new),
        columns=_swapped(index.columns, old, new),
        definition=deparse(node),
    )


def _constraint_with(table: TableName, constraint: Constraint, old: str, new: str) -> Constraint:
    tree = _constraint_tree(table, constraint)
    rename_column(tree, old, new)
    for names in (tree.keys, tree.including, tree.fk_attrs, tree.fk_del_set_cols):
        rename_in_list(names, old, new)
    for element in (pair.list.items[0].index_elem for pair in tree.exclusions):
        element.name = new if element.name == old else element.name
    columns = _swapped(constraint.columns, old, new)
    return replace(constraint, columns=columns, definition=deparse_constraint(table, tree))


def _referring_with(table: TableName, constraint: Constraint, old: str, new: str) -> Constraint:
    tree = _constraint_tree(table, constraint)
    rename_in_list(tree.pk_attrs, old, new)
    referenced = _swapped(constraint.referenced_columns, old, new)
    return replace(constraint, referenced_columns=referenced, definition=deparse_constraint(table, tree))


def _swapped(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def _constraint_tree(table: TableName, constraint: Constraint) -> pb.Constraint:
    node = parse_one(f"ALTER TABLE {table} ADD {constraint.definition}")
    return definition_of(node.alter_table_stmt.cmds[0].alter_table_cmd).constraint


def _rename_constraint(draft: Draft, name: TableName, old: str, new: str) -> None:
    table = draft.table(name)
    if table is not None:
        constraints = (replace(c, name=new) if c.name == old else c for c in table.constraints)
        indexes = (_named(i, new) if i.constraint == old else i for i in table.indexes)
        draft.put(
            replace(
                table,
                constraints=tuple(sorted(constraints, key=lambda c: c.name)),
                indexes=tuple(sorted(indexes, key=lambda i: i.name)),
            )
        )


def _rename_index(draft: Draft, name: TableName, new: str) -> None:
    index = draft.index(name)
    if index is None:
        return
    if index.constraint is not None:
        _rename_constraint(draft, index.table, index.constraint, new)
        return
    table = draft.table(index.table)
    if table is not None:
        indexes = (_named(i, new) if i.name == index.name else i for i in table.indexes)
        draft.put(replace(table, indexes=tuple(sorted(indexes, key=lambda i: i.name))))


def _named(index: Index, new: str) -> Index:
    node = parse_one(index.definition)
    node.index_stmt.idxname = new
    return replace(index, name=new, definition=deparse(node), constraint=new if index.constraint else None)


def _rename_dependent(draft: Draft, kind: str, old: str, new: str) -> None:
    for table in draft.tables_read_by(kind, old):
        found = draft.dependents_on(table)
        draft.put_dependents(table, (replace(d, name=new) if (d.kind, d.name) == (kind, old) else d for d in found))
