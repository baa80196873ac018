"""The schema that SQL statements leave behind, without a server: what lint and recipes know about a column.

Statements that change no table, and those that cannot be followed, change nothing here; a table of which not all
columns are known says so (`is_incomplete`). `tests/recipes/test_replay.py` runs the same DDL on live servers.
"""

from collections.abc import Callable, Iterable, Mapping

from migrator.names import TableName
from migrator.schema import dependents, grants, named_types, rows, view_texts
from migrator.schema.alter_index import alter_index
from migrator.schema.alter_table import alter_table
from migrator.schema.create_table import create_table
from migrator.schema.definitions import index_from
from migrator.schema.draft import Draft
from migrator.schema.functions import create_function
from migrator.schema.model import Schema, Table
from migrator.schema.removals import drop
from migrator.schema.rename import move_table, rename
from migrator.schema.sequences import own_sequence, rename_sequence
from migrator.statements.parse import Node, pb
from migrator.statements.statement import Statement


def replay(statements: Iterable[Statement], base: Schema | None = None) -> Schema:
    """Return the schema after the statements; it is complete only when the base was.

    Going on from the newest schema copies nothing, so that lint may ask for the schema before every statement.
    """
    start = base or Schema()
    draft: Draft | None = None
    for statement in statements:
        handler = _HANDLERS.get(statement.kind)
        if handler is not None:
            draft = draft or Draft.of(start)
            handler(draft, statement.shape)
    return start if draft is None else draft.schema()


def _create_table(draft: Draft, node: Node) -> None:
    create_table(draft, node.create_stmt)


def _create_foreign_table(draft: Draft, node: Node) -> None:
    create_table(draft, node.create_foreign_table_stmt.base_stmt)


def _alter_table(draft: Draft, node: Node) -> None:
    if node.alter_table_stmt.objtype == pb.OBJECT_TABLE:
        alter_table(draft, node.alter_table_stmt)
    elif node.alter_table_stmt.objtype == pb.OBJECT_INDEX:
        alter_index(draft, node.alter_table_stmt)
    elif node.alter_table_stmt.objtype == pb.OBJECT_VIEW:
        view_texts.alter_view(draft, node.alter_table_stmt)


def _rename(draft: Draft, node: Node) -> None:
    statement = node.rename_stmt
    if statement.rename_type == pb.OBJECT_SEQUENCE:
        old = draft.name(statement.relation)
        rename_sequence(draft, old, TableName(old.schema, statement.newname))
    else:
        rename(draft, statement)


def _create_sequence(draft: Draft, node: Node) -> None:
    own_sequence(draft, draft.name(node.create_seq_stmt.sequence), node.create_seq_stmt.options)


def _alter_sequence(draft: Draft, node: Node) -> None:
    own_sequence(draft, draft.name(node.alter_seq_stmt.sequence), node.alter_seq_stmt.options)


def _create_index(draft: Draft, node: Node) -> None:
    statement = node.index_stmt
    table = draft.name(statement.relation)
    if draft.table(table) is None:
        return
    name = TableName(table.schema, statement.idxname)
    if not (statement.if_not_exists and draft.index(name)):
        draft.add_index(index_from(draft, statement))


def _create_table_as(draft: Draft, node: Node) -> None:
    """A table from a query has columns that only the server can tell; a materialized view reads columns."""
    statement = node.create_table_as_stmt
    if statement.objtype == pb.OBJECT_MATVIEW:
        dependents.create_view(draft, statement.into.rel, statement.query, "materialized view")
    else:
        name = draft.name(statement.into.rel)
        if draft.table(name) is None:
            draft.put(Table(name, is_incomplete=True))
            draft.empty |= {name} if statement.into.skip_data else set()


def _create_view(draft: Draft, node: Node) -> None:
    statement = node.view_stmt
    dependents.create_view(draft, statement.view, statement.query, "view", view_texts.definition(draft, statement))


def _create_trigger(draft: Draft, node: Node) -> None:
    statement = node.create_trig_stmt
    view_texts.add_own(draft, draft.name(statement.relation), f"trigger {statement.trigname}")
    dependents.create_trigger(draft, statement)


def _create_rule(draft: Draft, node: Node) -> None:
    view_texts.add_own(draft, draft.name(node.rule_stmt.relation), f"rule {node.rule_stmt.rulename}")


def _create_policy(draft: Draft, node: Node) -> None:
    dependents.create_policy(draft, node.create_policy_stmt)


def _create_statistics(draft: Draft, node: Node) -> None:
    dependents.create_statistics(draft, node.create_stats_stmt)


def _create_publication(draft: Draft, node: Node) -> None:
    dependents.create_publication(draft, node.create_publication_stmt)


def _set_schema(draft: Draft, node: Node) -> None:
    statement = node.alter_object_schema_stmt
    if statement.object_type == pb.OBJECT_TABLE:
        old = draft.name(statement.relation)
        move_table(draft, old, TableName(statement.newschema, old.name))


def _set_variable(draft: Draft, node: Node) -> None:
    """SET search_path decides where names without a schema live."""
    statement = node.variable_set_stmt
    if statement.kind == pb.VAR_RESET_ALL:
        draft.search_path = _DEFAULT_PATH
    elif statement.name == "search_path":
        names = (argument.a_const.sval.sval for argument in statement.args)
        draft.search_path = path_of(names) if statement.kind == pb.VAR_SET_VALUE else _DEFAULT_PATH


def path_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the schemas of a search path; those of the session's user are not known and left out."""
    return tuple(name for name in names if name and name not in ("$user", "pg_catalog")) or _DEFAULT_PATH


def _drop(draft: Draft, node: Node) -> None:
    drop(draft, node.drop_stmt)


def _create_domain(draft: Draft, node: Node) -> None:
    named_types.create_domain(draft, node.create_domain_stmt)


def _alter_domain(draft: Draft, node: Node) -> None:
    named_types.alter_domain(draft, node.alter_domain_stmt)


def _create_enum(draft: Draft, node: Node) -> None:
    named_types.create_enum(draft, node.create_enum_stmt)


def _create_composite(draft: Draft, node: Node) -> None:
    named_types.create_other(draft, draft.name(node.composite_type_stmt.typevar))


def _create_range(draft: Draft, node: Node) -> None:
    parts = [part.string.sval for part in node.create_range_stmt.type_name]
    named_types.create_other(draft, draft.name_of_parts(parts))


def _alter_enum(draft: Draft, node: Node) -> None:
    named_types.alter_enum(draft, node.alter_enum_stmt)


def _create_function(draft: Draft, node: Node) -> None:
    create_function(draft, node.create_function_stmt)


def _grant(draft: Draft, node: Node) -> None:
    grants.grant(draft, node.grant_stmt)


def _query(draft: Draft, node: Node) -> None:
    rows.follow_query(draft, node)


def _copy(draft: Draft, node: Node) -> None:
    rows.follow_copy(draft, node.copy_stmt)


def _anything(draft: Draft, node: Node) -> None:  # noqa: ARG001 one signature for all
    """DO, CALL and EXECUTE may write rows anywhere."""
    draft.empty = frozenset()


_DEFAULT_PATH = ("public",)

_HANDLERS: Mapping[str, Callable[[Draft, Node], None]] = {
    "create_stmt": _create_table,
    "alter_table_stmt": _alter_table,
    "rename_stmt": _rename,
    "index_stmt": _create_index,
    "create_table_as_stmt": _create_table_as,
    "view_stmt": _create_view,
    "create_trig_stmt": _create_trigger,
    "rule_stmt": _create_rule,
    "create_policy_stmt": _create_policy,
    "create_stats_stmt": _create_statistics,
    "create_publication_stmt": _create_publication,
    "create_foreign_table_stmt": _create_foreign_table,
    "create_domain_stmt": _create_domain,
    "alter_domain_stmt": _alter_domain,
    "create_enum_stmt": _create_enum,
    "composite_type_stmt": _create_composite,
    "create_range_stmt": _create_range,
    "alter_enum_stmt": _alter_enum,
    "create_function_stmt": _create_function,
    "create_seq_stmt": _create_sequence,
    "alter_seq_stmt": _alter_sequence,
    "grant_stmt": _grant,
    "alter_object_schema_stmt": _set_schema,
    "variable_set_stmt": _set_variable,
    "drop_stmt": _drop,
    "select_stmt": _query,
    "insert_stmt": _query,
    "merge_stmt": _query,
    "copy_stmt": _copy,
    "do_stmt": _anything,
    "call_stmt": _anything,
    "execute_stmt": _anything,
}
