"""CREATE TABLE in the replay: columns, and the constraints in the order in which the server makes them."""

from collections.abc import Iterable
from dataclasses import replace

from migrator.names import TableName, literal, quote
from migrator.schema.definitions import (
    check_constraint,
    exclusion_constraint,
    foreign_key,
    key_constraint,
    owned_index,
)
from migrator.schema.draft import Draft
from migrator.schema.expressions import column_refs, expression_text
from migrator.schema.model import Column, Table
from migrator.schema.naming import choose_name
from migrator.schema.types import format_type, serial_type
from migrator.statements.parse import Node, pb

_KEYS = (pb.CONSTR_PRIMARY, pb.CONSTR_UNIQUE)


def create_table(draft: Draft, statement: pb.CreateStmt) -> None:
    """Add the table; one that exists stays as it is (IF NOT EXISTS)."""
    name = draft.name(statement.relation)
    if name in draft.tables:
        return
    draft.put(_shell(draft, name, statement))
    for element in statement.table_elts:
        if element.WhichOneof("node") == "column_def":
            draft.add_column(name, column_from(name, element.column_def))
        elif element.WhichOneof("node") == "table_like_clause":
            _like(draft, name, element.table_like_clause)
    _constraints(draft, name, statement)


def _shell(draft: Draft, name: TableName, statement: pb.CreateStmt) -> Table:
    """Return the table with what it inherits; a partition's indexes follow its parent's and are not told."""
    parents = [draft.name(node.range_var) for node in statement.inh_relations]
    known = [draft.tables[parent] for parent in parents if parent in draft.tables]
    columns = {column.name: replace(column, comment=None) for table in known for column in table.columns}
    keys = [node.partition_elem for node in statement.partspec.part_params]
    return Table(
        name,
        columns=tuple(columns.values()),
        is_partitioned=statement.HasField("partspec"),
        parent=parents[0] if parents else None,
        partition_key=tuple(k.name for k in keys if k.name) + column_refs(statement.partspec),
        is_incomplete=len(known) < len(parents) or bool(parents) or statement.HasField("of_typename"),
    )


def _like(draft: Draft, name: TableName, clause: pb.TableLikeClause) -> None:
    source = draft.tables.get(draft.name(clause.relation))
    for column in source.columns if source else ():
        draft.add_column(name, Column(column.name, column.type, column.is_not_null, collation=column.collation))
    if source is None or clause.options:
        draft.change(name, is_incomplete=True)


def _constraints(draft: Draft, name: TableName, statement: pb.CreateStmt) -> None:
    """Add checks, then keys (the primary key first), then foreign keys: names depend on the order."""
    found = [
        (node.constraint, (element.column_def.colname,))
        for element in statement.table_elts
        if element.WhichOneof("node") == "column_def"
        for node in element.column_def.constraints
    ]
    found += [(e.constraint, ()) for e in statement.table_elts if e.WhichOneof("node") == "constraint"]
    for kinds in ((pb.CONSTR_CHECK,), (pb.CONSTR_PRIMARY,), (pb.CONSTR_UNIQUE,), (pb.CONSTR_EXCLUSION,)):
        for tree, columns in found:
            if tree.contype in kinds:
                add_constraint(draft, name, tree, columns)
    for tree, columns in found:
        if tree.contype in (pb.CONSTR_FOREIGN, pb.CONSTR_NOTNULL):
            add_constraint(draft, name, tree, columns)


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
    elif tree.contype == pb.CONSTR_NOTNULL and not tree.skip_validation:
        for column in columns or [node.string.sval for node in tree.keys]:
            draft.change_column(table, column, is_not_null=True)


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
    draft.drop_index(TableName(table.schema, index.name))
    constraint = key_constraint(draft, table, copy, index.keys)
    draft.add_index(owned_index(draft, table, copy, constraint))
    draft.add_constraint(table, constraint)
    if tree.contype == pb.CONSTR_PRIMARY:
        for column in index.keys:
            draft.change_column(table, column, is_not_null=True)


def column_from(table: TableName, tree: pb.ColumnDef) -> Column:
    """Return the column that a definition makes, without its constraints other than NOT NULL and DEFAULT."""
    serial = serial_type(tree.type_name)
    type_name = serial or format_type(tree.type_name)
    kinds = {node.constraint.contype for node in tree.constraints}
    sequence = TableName(table.schema, choose_name(table.name, tree.colname, "seq", ())) if serial else None
    default = next((n.constraint.raw_expr for n in tree.constraints if n.constraint.contype == pb.CONSTR_DEFAULT), None)
    is_identity = pb.CONSTR_IDENTITY in kinds
    return Column(
        name=tree.colname,
        type=type_name,
        is_not_null=bool(serial) or is_identity or bool(kinds & {pb.CONSTR_NOTNULL, pb.CONSTR_PRIMARY}),
        default=_next_value(sequence) if sequence else default_text(default, type_name),
        is_identity=is_identity,
        is_generated=pb.CONSTR_GENERATED in kinds,
        collation=".".join(quote(node.string.sval) for node in tree.coll_clause.collname) or None,
        sequence=sequence,
    )


def _next_value(sequence: TableName) -> str:
    return f"nextval({literal(str(sequence))}::regclass)"


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
