"""DROP in the replay: what goes with a table, a column, a constraint, an index, as the server does it."""

from collections.abc import Callable, Mapping

from migrator.names import TableName
from migrator.schema import dependents
from migrator.schema.draft import Draft
from migrator.statements.parse import Node, pb


def drop(draft: Draft, statement: pb.DropStmt) -> None:
    """Apply a DROP; kinds that the schema does not hold change nothing."""
    handler = _DROPS.get(statement.remove_type)
    if handler is not None:
        for item in statement.objects:
            handler(draft, item)


def drop_table(draft: Draft, name: TableName) -> None:
    """Forget a table with its partitions, the foreign keys that point at it, and what depends on it."""
    for child in draft.links.children(name):
        table = draft.table(child)
        if table is not None and table.parent == name:
            drop_table(draft, child)
    draft.forget(name)
    for other in draft.links.referencing(name):
        table = draft.table(other)
        if table is not None:
            draft.change(other, constraints=tuple(c for c in table.constraints if c.references != name))
    draft.put_dependents(name, ())


def drop_column(draft: Draft, name: TableName, column: str) -> None:
    """Forget a column with the indexes and constraints that use it."""
    table = draft.table(name)
    if table is None:
        return
    draft.change(
        name,
        columns=tuple(c for c in table.columns if c.name != column),
        indexes=tuple(i for i in table.indexes if column not in i.columns),
        constraints=tuple(c for c in table.constraints if column not in c.columns),
    )
    for other in draft.links.referencing(name):
        pointing = draft.table(other)
        if pointing is not None:
            kept = (c for c in pointing.constraints if not (c.references == name and column in c.referenced_columns))
            draft.change(other, constraints=tuple(kept))
    draft.drop_dependents(name, lambda d: column in (d.column, d.name if d.kind == "generated column" else None))


def drop_constraint(draft: Draft, name: TableName, constraint: str) -> None:
    """Forget a constraint and the index that it owns."""
    table = draft.table(name)
    if table is not None:
        draft.change(
            name,
            constraints=tuple(c for c in table.constraints if c.name != constraint),
            indexes=tuple(i for i in table.indexes if i.constraint != constraint),
        )


def drop_index(draft: Draft, name: TableName) -> None:
    """Forget an index."""
    index = draft.index(name)
    table = draft.table(index.table) if index else None
    if index is not None and table is not None:
        draft.change(table.name, indexes=tuple(i for i in table.indexes if i.name != index.name))


def _drop_table(draft: Draft, item: Node) -> None:
    drop_table(draft, draft.name_of_list(item))


def _drop_index(draft: Draft, item: Node) -> None:
    drop_index(draft, draft.name_of_list(item))


def _drop_view(draft: Draft, item: Node) -> None:
    name = draft.name_of_list(item)
    draft.forget_view(name)
    for kind in ("view", "materialized view"):
        dependents.forget(draft, kind, name.dotted)


def _drop_trigger(draft: Draft, item: Node) -> None:
    table, name = _of_table(draft, item)
    dependents.drop_trigger(draft, table, name)


def _drop_policy(draft: Draft, item: Node) -> None:
    table, name = _of_table(draft, item)
    dependents.forget(draft, "policy", name, table)


def _drop_statistics(draft: Draft, item: Node) -> None:
    dependents.forget(draft, "statistics", item.list.items[-1].string.sval)


def _drop_publication(draft: Draft, item: Node) -> None:
    dependents.forget(draft, "publication", item.string.sval)
    for table in draft.tables():
        if item.string.sval in table.publications:
            left = tuple(name for name in table.publications if name != item.string.sval)
            draft.change(table.name, publications=left)


def _drop_type(draft: Draft, item: Node) -> None:
    draft.forget_type(draft.name_of_parts([part.string.sval for part in item.type_name.names]))


def _drop_function(draft: Draft, item: Node) -> None:
    draft.forget_function(draft.name_of_parts([part.string.sval for part in item.object_with_args.objname]))


def _drop_schema(draft: Draft, item: Node) -> None:
    for table in draft.tables():
        if table.name.schema == item.string.sval and draft.table(table.name) is not None:
            drop_table(draft, table.name)


def _of_table(draft: Draft, item: Node) -> tuple[TableName, str]:
    """Return the table and the name in a list such as DROP TRIGGER's: the name stands last."""
    *table, name = [part.string.sval for part in item.list.items]
    return draft.name_of_parts(table), name


_DROPS: Mapping[int, Callable[[Draft, Node], None]] = {
    pb.OBJECT_TABLE: _drop_table,
    pb.OBJECT_FOREIGN_TABLE: _drop_table,
    pb.OBJECT_INDEX: _drop_index,
    pb.OBJECT_VIEW: _drop_view,
    pb.OBJECT_MATVIEW: _drop_view,
    pb.OBJECT_TRIGGER: _drop_trigger,
    pb.OBJECT_POLICY: _drop_policy,
    pb.OBJECT_STATISTIC_EXT: _drop_statistics,
    pb.OBJECT_PUBLICATION: _drop_publication,
    pb.OBJECT_TYPE: _drop_type,
    pb.OBJECT_DOMAIN: _drop_type,
    pb.OBJECT_FUNCTION: _drop_function,
    pb.OBJECT_PROCEDURE: _drop_function,
    pb.OBJECT_ROUTINE: _drop_function,
    pb.OBJECT_SCHEMA: _drop_schema,
}
