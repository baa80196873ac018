"""CREATE TABLE in the replay: columns, and the constraints in the order in which the server makes them."""

from collections.abc import Iterable, Mapping

from migrator.names import TableName, literal, quote
from migrator.schema.definitions import (
    check_constraint,
    exclusion_constraint,
    foreign_key,
    index_from,
    key_constraint,
    owned_index,
)
from migrator.schema.dependents import record
from migrator.schema.draft import Draft
from migrator.schema.expressions import column_refs, expression_text, parse_one
from migrator.schema.naming import choose_name
from migrator.schema.parts import Column, Constraint, Table, changed
from migrator.schema.removals import drop_index
from migrator.schema.sequences import identity_from, next_value
from migrator.schema.types import format_type, serial_type
from migrator.statements.facts.columns import own_constraints
from migrator.statements.parse import Node, pb

_KEYS = (pb.CONSTR_PRIMARY, pb.CONSTR_UNIQUE)


def create_table(draft: Draft, statement: pb.CreateStmt) -> None:
    """Add the table; one that exists stays as it is (IF NOT EXISTS)."""
    name = draft.name(statement.relation)
    if draft.table(name) is not None:
        return
    columns: dict[str, Column] = {}
    for element in statement.table_elts:
        if element.WhichOneof("node") == "column_def":
            columns[element.column_def.colname] = column_from(name, element.column_def)
        elif element.WhichOneof("node") == "table_like_clause":
            columns.update(_like(draft, element.table_like_clause))
    draft.put(_shell(draft, name, statement, columns))
    if not statement.if_not_exists:
        draft.empty |= {name}
    _constraints(draft, name, statement)
    _copy_indexes(draft, name, statement)
    for element in statement.table_elts:
        record_generated(draft, name, element.column_def)


def record_generated(draft: Draft, table: TableName, column: pb.ColumnDef) -> None:
    """Take note of the columns that a generated one reads: they keep their types and cannot go alone."""
    for node in column.constraints:
        if node.constraint.contype == pb.CONSTR_GENERATED:
            record(draft, "generated column", column.colname, table, column_refs(node.constraint.raw_expr))


def _shell(draft: Draft, name: TableName, statement: pb.CreateStmt, own: Mapping[str, Column]) -> Table:
    """Return the table with what it inherits; a partition's indexes follow its parent's and are not told."""
    parents = [draft.name(node.range_var) for node in statement.inh_relations]
    known = [table for parent in parents if (table := draft.table(parent)) is not None]
    columns = {column.name: changed(column, comment=None) for table in known for column in table.columns}
    merged = {n: _merged(columns[n], column) if n in columns else column for n, column in own.items()}
    keys = [node.partition_elem for node in statement.partspec.part_params]
    is_partition = statement.HasField("partbound")
    return Table(
        name,
        columns=tuple({**columns, **merged}.values()),
        constraints=(*_inherited(known, is_partition=is_partition), *_liked(draft, statement)),
        is_partitioned=statement.HasField("partspec"),
        parent=parents[0] if parents else None,
        partition_key=tuple(k.name for k in keys if k.name) + column_refs(statement.partspec),
        is_incomplete=len(known) < len(parents) or _has_unknown_source(draft, statement),
        is_partition=is_partition,
        bound=bound_of(statement.partbound) if is_partition else None,
        persistence=statement.relation.relpersistence or "p",
        access_method=statement.access_method or None,
        tablespace=statement.tablespacename or None,
    )


def _inherited(parents: Iterable[Table], *, is_partition: bool) -> tuple[Constraint, ...]:
    """Return the parents' checks, and for a partition their foreign keys."""
    kinds = ("check", "foreign key") if is_partition else ("check",)
    return tuple(c for table in parents for c in table.constraints if c.kind in kinds)


def _liked(draft: Draft, statement: pb.CreateStmt) -> tuple[Constraint, ...]:
    """Return the checks that LIKE … INCLUDING CONSTRAINTS copies."""
    likes = (e.table_like_clause for e in statement.table_elts if e.WhichOneof("node") == "table_like_clause")
    sources = (draft.table(draft.name(like.relation)) for like in likes if like.options & _LIKE_CONSTRAINTS)
    return tuple(c for source in sources if source for c in source.constraints if c.kind == "check")


def _copy_indexes(draft: Draft, name: TableName, statement: pb.CreateStmt) -> None:
    """Add the indexes and keys that LIKE … INCLUDING INDEXES copies, under names of their own."""
    likes = (e.table_like_clause for e in statement.table_elts if e.WhichOneof("node") == "table_like_clause")
    sources = (draft.table(draft.name(like.relation)) for like in likes if like.options & _LIKE_INDEXES)
    for index in (index for source in sources if source is not None for index in source.indexes):
        if index.constraint is None:
            tree = parse_one(index.definition).index_stmt
            tree.relation.CopyFrom(pb.RangeVar(schemaname=name.schema, relname=name.name, inh=True))
            tree.idxname = ""
            draft.add_index(index_from(draft, tree))
        elif index.is_unique:
            kind = pb.CONSTR_PRIMARY if index.is_primary else pb.CONSTR_UNIQUE
            _add_key(draft, name, pb.Constraint(contype=kind), index.keys)


def _merged(inherited: Column, own: Column) -> Column:
    """Return the parent's column with what the partition's own definition adds; WITH OPTIONS names no type."""
    default = inherited.default if own.default is None else own.default
    return changed(inherited, default=default, is_not_null=inherited.is_not_null or own.is_not_null)


def _has_unknown_source(draft: Draft, statement: pb.CreateStmt) -> bool:
    likes = [e.table_like_clause for e in statement.table_elts if e.WhichOneof("node") == "table_like_clause"]
    is_known = all(draft.table(draft.name(like.relation)) is not None for like in likes)
    return statement.HasField("of_typename") or not is_known


def bound_of(bound: pb.PartitionBoundSpec) -> str:
    """Return `DEFAULT` for the default partition; other bounds are not told."""
    return "DEFAULT" if bound.is_default else "FOR VALUES"


_LIKE_CONSTRAINTS, _LIKE_DEFAULTS, _LIKE_GENERATED, _LIKE_IDENTITY, _LIKE_INDEXES = (
    1 << 2,
    1 << 3,
    1 << 4,
    1 << 5,
    1 << 6,
)
"""Bits of `CREATE_TABLE_LIKE_*` in the server's parsenodes.h."""


def _like(draft: Draft, clause: pb.TableLikeClause) -> dict[str, Column]:
    """Return the columns that LIKE copies: always with NOT NULL, the rest as INCLUDING says."""
    source = draft.table(draft.name(clause.relation))
    return {column.name: _copied(column, clause.options) for column in (source.columns if source else ())}


def _copied(column: Column, options: int) -> Column:
    is_identity = column.is_identity and bool(options & _LIKE_IDENTITY)
    is_generated = column.is_generated and bool(options & _LIKE_GENERATED)
    default = column.default if options & _LIKE_DEFAULTS else None
    return Column(
        column.name,
        column.type,
        column.is_not_null,
        default,
        is_identity=is_identity,
        is_generated=is_generated,
        is_virtual=column.is_virtual and is_generated,
        collation=column.collation,
    )


def _constraints(draft: Draft, name: TableName, statement: pb.CreateStmt) -> None:
    """Add checks, then keys (the primary key first), then foreign keys: names depend on the order."""
    found = [
        (constraint, (element.column_def.colname,))
        for element in statement.table_elts
        if element.WhichOneof("node") == "column_def"
        for constraint in own_constraints(element.column_def)
    ]
    found += [(_valid(e.constraint), ()) for e in statement.table_elts if e.WhichOneof("node") == "constraint"]
    for kinds in ((pb.CONSTR_CHECK,), (pb.CONSTR_PRIMARY,), (pb.CONSTR_UNIQUE,), (pb.CONSTR_EXCLUSION,)):
        for tree, columns in found:
            if tree.contype in kinds:
                add_constraint(draft, name, tree, columns)
    for tree, columns in found:
        if tree.contype in (pb.CONSTR_FOREIGN, pb.CONSTR_NOTNULL):
            add_constraint(draft, name, tree, columns)


def _valid(tree: pb.Constraint) -> pb.Constraint:
    """Return the constraint without its NOT VALID, which the server passes over: a new table holds no bad row."""
    if not tree.skip_validation:
        return tree
    copy = pb.Constraint()
    copy.CopyFrom(tree)
    copy.skip_validation = False
    return copy


def add_constraint(draft: Draft, table: TableName, tree: pb.Constraint, columns: Iterable[str] = ()) -> None:
    """Add a constraint that stands beside a column (`columns`) or names its own."""
    if tree.contype in _KEYS:
        _add_key(draft, table, tree, tuple(columns))
    elif tree.contype == pb.CONSTR_CHECK:
        draft.add_constraint(table, check_constraint(draft, table, tree))
    elif tree.contype == pb.CONSTR_FOREIGN:
        named = tuple(columns) or tuple(node.string.sval for node in tree.fk_attrs)
        draft.add_constraint(table, foreign_key(draft, table, tree, named))
    elif tree.contype == pb.CONSTR_EXCLUSION:
        draft.add_constraint(table, exclusion_constraint(draft, table, tree))
    elif tree.contype == pb.CONSTR_NOTNULL:
        for column in columns or [node.string.sval for node in tree.keys]:
            _add_not_null(draft, table, tree, column)


def _add_not_null(draft: Draft, table: TableName, tree: pb.Constraint, column: str) -> None:
    """Set the column NOT NULL; a named one (18) may wait for its VALIDATE, and is only then told as a constraint."""
    if not tree.skip_validation:
        draft.change_column(table, column, is_not_null=True)
        return
    name = tree.conname or choose_name(table.name, column, "not_null", lambda _name: False)
    constraint = Constraint(name, "not null", (column,), f"NOT NULL {quote(column)} NOT VALID", is_valid=False)
    draft.add_constraint(table, constraint)


def _add_key(draft: Draft, table: TableName, tree: pb.Constraint, columns: tuple[str, ...]) -> None:
    if tree.indexname:
        _adopt_index(draft, table, tree)
        return
    named = columns or tuple(node.string.sval for node in tree.keys)
    constraint = key_constraint(draft, table, tree, named)
    draft.add_index(owned_index(draft, table, tree, constraint))
    draft.add_constraint(table, constraint)
    if tree.contype == pb.CONSTR_PRIMARY:
        for column in named:
            draft.change_column(table, column, is_not_null=True)


def _adopt_index(draft: Draft, table: TableName, tree: pb.Constraint) -> None:
    """USING INDEX: the constraint takes the index over, and the index takes the constraint's name."""
    index = draft.index(TableName(table.schema, tree.indexname))
    if index is None:
        draft.change(table, is_incomplete=True)
        return
    copy = pb.Constraint()
    copy.CopyFrom(tree)
    copy.conname = tree.conname or tree.indexname
    copy.including.extend(Node(string=pb.String(sval=column)) for column in index.include)
    copy.nulls_not_distinct = "NULLS NOT DISTINCT" in index.definition
    drop_index(draft, TableName(table.schema, index.name))
    constraint = key_constraint(draft, table, copy, index.keys)
    draft.add_index(owned_index(draft, table, copy, constraint))
    draft.add_constraint(table, constraint)
    if tree.contype == pb.CONSTR_PRIMARY:
        for column in index.keys:
            draft.change_column(table, column, is_not_null=True)


def column_from(table: TableName, tree: pb.ColumnDef) -> Column:
    """Return the column that a definition makes, without its constraints other than NOT NULL and DEFAULT."""
    generated = next((n.constraint for n in tree.constraints if n.constraint.contype == pb.CONSTR_GENERATED), None)
    serial = serial_type(tree.type_name)
    type_name = serial or format_type(tree.type_name)
    kinds = {node.constraint.contype for node in tree.constraints}
    sequence = (
        TableName(table.schema, choose_name(table.name, tree.colname, "seq", lambda _name: False)) if serial else None
    )
    default = next((n.constraint.raw_expr for n in tree.constraints if n.constraint.contype == pb.CONSTR_DEFAULT), None)
    is_identity = pb.CONSTR_IDENTITY in kinds
    return Column(
        name=tree.colname,
        type=type_name,
        is_not_null=bool(serial) or is_identity or bool(kinds & {pb.CONSTR_NOTNULL, pb.CONSTR_PRIMARY}),
        default=next_value(sequence) if sequence else default_text(default, type_name),
        is_identity=is_identity,
        identity=identity_from(table, tree.colname, tree.constraints),
        is_generated=generated is not None,
        is_virtual=generated is not None and generated.generated_kind == "v",
        collation=".".join(quote(node.string.sval) for node in tree.coll_clause.collname) or None,
        sequence=sequence,
    )


def default_text(expression: Node | None, type_name: str) -> str | None:
    """Return a default as the server prints it: constants carry the column's type, NULL is no default."""
    if expression is None or expression.a_const.isnull:
        return None
    text = expression_text(expression)
    base = type_name.partition("(")[0].rstrip()
    if expression.a_const.HasField("sval") or text.startswith("-"):
        value = text if expression.a_const.HasField("sval") else literal(text)
        return f"{value}::{base}"
    return text.upper() if expression.WhichOneof("node") == "sqlvalue_function" else text
