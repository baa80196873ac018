"""Indexes and constraints from the grammar's trees, with definitions as the server would print them."""

from collections.abc import Callable, Iterable, Sequence

from migrator.names import TableName, quote
from migrator.schema.draft import Draft
from migrator.schema.expressions import column_refs, definition_of, expression_text
from migrator.schema.model import Constraint, Index, Table
from migrator.schema.naming import choose_name, index_words
from migrator.statements.parse import Node, deparse, pb

_ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", "r": "RESTRICT"}


def index_from(draft: Draft, statement: pb.IndexStmt) -> Index:
    """Return the index that CREATE INDEX makes."""
    table = draft.name(statement.relation)
    params = [*statement.index_params, *statement.index_including_params]
    name = statement.idxname or choose_name(table.name, index_words(params), "idx", _is_relation(draft, table))
    plain = {p.index_elem.name for p in params if p.index_elem.name}
    read = plain if _is_plain(statement) else plain.union(column_refs(statement))
    return Index(
        name=name,
        table=table,
        keys=keys_of(statement),
        definition=_index_definition(statement, table, name),
        is_unique=statement.unique,
        predicate=predicate_of(statement),
        include=tuple(p.index_elem.name for p in statement.index_including_params),
        method=statement.access_method,
        columns=_in_table_order(draft.table(table), read),
    )


def keys_of(statement: pb.IndexStmt) -> tuple[str, ...]:
    """Return the index's columns, and its expressions in parentheses."""
    elements = (node.index_elem for node in statement.index_params)
    return tuple(element.name or f"({expression_text(element.expr)})" for element in elements)


def predicate_of(statement: pb.IndexStmt) -> str | None:
    """Return the condition of a partial index in parentheses, as the server prints it."""
    return f"({expression_text(statement.where_clause)})" if statement.HasField("where_clause") else None


def _index_definition(statement: pb.IndexStmt, table: TableName, name: str) -> str:
    if _is_plain(statement):
        kind = "UNIQUE INDEX" if statement.unique else "INDEX"
        keys = _names(node.index_elem.name for node in statement.index_params)
        return f"CREATE {kind} {quote(name)} ON {table} USING {statement.access_method} ({keys})"
    copy = pb.IndexStmt()
    copy.CopyFrom(statement)
    copy.idxname, copy.concurrent, copy.if_not_exists = name, False, False
    copy.relation.schemaname = table.schema
    return deparse(Node(index_stmt=copy))


def _is_plain(statement: pb.IndexStmt) -> bool:
    """Whether columns alone make the index, so that its text needs no deparser."""
    is_bare = not (statement.HasField("where_clause") or statement.options or statement.index_including_params)
    has_more = statement.nulls_not_distinct or statement.table_space or not statement.relation.inh
    return is_bare and not has_more and all(_is_column(node.index_elem) for node in statement.index_params)


def _is_column(element: pb.IndexElem) -> bool:
    is_ordered = element.ordering != pb.SORTBY_DEFAULT or element.nulls_ordering != pb.SORTBY_NULLS_DEFAULT
    return bool(element.name) and not (is_ordered or element.opclass or element.collation or element.opclassopts)


def _in_table_order(table: Table | None, names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(column.name for column in table.columns if column.name in wanted) if table else tuple(sorted(wanted))


def key_constraint(draft: Draft, table: TableName, tree: pb.Constraint, columns: Sequence[str]) -> Constraint:
    """Return a primary key or unique constraint; its index is made by `owned_index`."""
    is_primary = tree.contype == pb.CONSTR_PRIMARY
    included = [node.string.sval for node in tree.including]
    words = "" if is_primary else "_".join((*columns, *included))
    name = tree.conname or choose_name(table.name, words, "pkey" if is_primary else "key", _is_relation(draft, table))
    text = ("PRIMARY KEY" if is_primary else "UNIQUE") + " NULLS NOT DISTINCT" * tree.nulls_not_distinct
    include = f" INCLUDE ({_names(included)})" if included else ""
    definition = f"{text} ({_names(columns)}){include}{_deferral(tree)}"
    return Constraint(name, "primary key" if is_primary else "unique", tuple(columns), definition)


def owned_index(draft: Draft, table: TableName, tree: pb.Constraint, constraint: Constraint) -> Index:
    """Return the index behind a primary key or unique constraint."""
    included = tuple(node.string.sval for node in tree.including)
    include = f" INCLUDE ({_names(included)})" if included else ""
    nulls = " NULLS NOT DISTINCT" * tree.nulls_not_distinct
    on = f"{table} USING btree ({_names(constraint.columns)})"
    return Index(
        name=constraint.name,
        table=table,
        keys=constraint.columns,
        definition=f"CREATE UNIQUE INDEX {quote(constraint.name)} ON {on}{include}{nulls}",
        is_unique=True,
        is_primary=constraint.kind == "primary key",
        include=included,
        constraint=constraint.name,
        columns=_in_table_order(draft.table(table), (*constraint.columns, *included)),
    )


def check_constraint(draft: Draft, table: TableName, tree: pb.Constraint) -> Constraint:
    """Return a check; the server names it after its column when it reads exactly one."""
    columns = _in_table_order(draft.table(table), column_refs(tree.raw_expr))
    words = columns[0] if len(columns) == 1 else ""
    name = tree.conname or choose_name(table.name, words, "check", _is_constraint(draft, table))
    text = f"CHECK (({expression_text(tree.raw_expr)}))" + " NO INHERIT" * tree.is_no_inherit
    is_valid = not tree.skip_validation and tree.is_enforced
    return Constraint(name, "check", columns, text + _validity(tree), is_valid=is_valid, is_enforced=tree.is_enforced)


def foreign_key(draft: Draft, table: TableName, tree: pb.Constraint, columns: Sequence[str]) -> Constraint:
    """Return a foreign key; without named columns it refers to the other table's primary key."""
    parent = draft.name(tree.pktable)
    known = draft.table(parent)
    referenced = tuple(node.string.sval for node in tree.pk_attrs) or (known.primary_key if known else ())
    name = tree.conname or choose_name(table.name, "_".join(columns), "fkey", _is_constraint(draft, table))
    target = f"{parent}({_names(referenced)})" if referenced else str(parent)
    text = f"FOREIGN KEY ({_names(columns)}) REFERENCES {target}" + " MATCH FULL" * (tree.fk_matchtype == "f")
    text += _action(" ON UPDATE ", tree.fk_upd_action) + _action(" ON DELETE ", tree.fk_del_action)
    if tree.fk_del_set_cols:
        text += f" ({_names([node.string.sval for node in tree.fk_del_set_cols])})"
    definition = text + _deferral(tree) + _validity(tree)
    is_valid = not tree.skip_validation and tree.is_enforced
    is_enforced = tree.is_enforced
    return Constraint(name, "foreign key", tuple(columns), definition, is_valid, parent, referenced, is_enforced)


def exclusion_constraint(draft: Draft, table: TableName, tree: pb.Constraint) -> Constraint:
    """Return an exclusion constraint; only its name and columns are told, with those of expressions and WHERE."""
    elements = [node.list.items[0] for node in tree.exclusions]
    plain = [e.index_elem.name for e in elements]
    columns = _in_table_order(draft.table(table), (*plain, *column_refs(tree)))
    name = tree.conname or choose_name(table.name, index_words(elements), "excl", _is_relation(draft, table))
    return Constraint(name, "exclusion", columns, deparse_constraint(table, tree))


def deparse_constraint(table: TableName, tree: pb.Constraint) -> str:
    """Return a constraint's text as it stands behind ADD in ALTER TABLE."""
    command = pb.AlterTableCmd(subtype=pb.AT_AddConstraint)
    definition_of(command).constraint.CopyFrom(tree)
    relation = pb.RangeVar(schemaname=table.schema, relname=table.name, inh=True, relpersistence="p")
    alter = pb.AlterTableStmt(relation=relation, cmds=[Node(alter_table_cmd=command)], objtype=pb.OBJECT_TABLE)
    return deparse(Node(alter_table_stmt=alter)).partition(" ADD ")[2]


def _is_relation(draft: Draft, table: TableName) -> Callable[[str], bool]:
    return lambda name: draft.links.is_relation(TableName(table.schema, name))


def _is_constraint(draft: Draft, table: TableName) -> Callable[[str], bool]:
    return lambda name: draft.links.is_constraint(TableName(table.schema, name))


def _names(columns: Iterable[str]) -> str:
    return ", ".join(quote(column) for column in columns)


def _action(words: str, action: str) -> str:
    return words + _ACTIONS[action] if action in _ACTIONS else ""


def _deferral(tree: pb.Constraint) -> str:
    return " DEFERRABLE" * tree.deferrable + " INITIALLY DEFERRED" * tree.initdeferred


def _validity(tree: pb.Constraint) -> str:
    return " NOT VALID" * tree.skip_validation if tree.is_enforced else " NOT ENFORCED"
