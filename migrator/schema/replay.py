"""The schema that SQL statements leave behind, without a server: what lint and recipes know about a column.

Statements that change no table, and those that cannot be followed, change nothing here; a table of which not all
columns are known says so (`is_incomplete`). `tests/recipes/test_replay.py` runs the same DDL on live servers.
"""

from collections.abc import Callable, Iterable, Mapping

from migrator.names import TableName
from migrator.schema import dependents
from migrator.schema.alter_table import alter_table
from migrator.schema.create_table import create_table
from migrator.schema.definitions import index_from
from migrator.schema.draft import Draft
from migrator.schema.model import Schema, Table
from migrator.schema.rename import move_table, rename
from migrator.statements.parse import Node, pb
from migrator.statements.statement import Statement


def replay(statements: Iterable[Statement], base: Schema | None = None) -> Schema:
    """Return the schema after the statements; it is complete only when the base was."""
    start = base or Schema()
    draft = Draft(start)
    for statement in statements:
        handler = _HANDLERS.get(statement.kind)
        if handler is not None:
            handler(draft, statement.node)
    return draft.schema(is_complete=start.is_complete)


def _create_table(draft: Draft, node: Node) -> None:
    create_table(draft, node.create_stmt)


def _alter_table(draft: Draft, node: Node) -> None:
    if node.alter_table_stmt.objtype == pb.OBJECT_TABLE:
        alter_table(draft, node.alter_table_stmt)


def _rename(draft: Draft, node: Node) -> None:
    rename(draft, node.rename_stmt)


def _create_index(draft: Draft, node: Node) -> None:
    statement = node.index_stmt
    name = TableName(draft.name(statement.relation).schema, statement.idxname)
    if not (statement.if_not_exists and draft.index(name)):
        draft.add_index(index_from(draft, statement))


def _create_table_as(draft: Draft, node: Node) -> None:
    """A table from a query has columns that only the server can tell; a materialized view reads columns."""
    statement = node.create_table_as_stmt
    if statement.objtype == pb.OBJECT_MATVIEW:
        dependents.create_view(draft, statement.into.rel, statement.query, "materialized view")
    else:
        name = draft.name(statement.into.rel)
        if name not in draft.tables:
            draft.put(Table(name, is_incomplete=True))


def _create_view(draft: Draft, node: Node) -> None:
    dependents.create_view(draft, node.view_stmt.view, node.view_stmt.query, "view")


def _create_trigger(draft: Draft, node: Node) -> None:
    dependents.create_trigger(draft, node.create_trig_stmt)


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
    if statement.name == "search_path" and statement.args and statement.args[0].a_const.HasField("sval"):
        draft.default_schema = statement.args[0].a_const.sval.sval or draft.default_schema


def _drop(draft: Draft, node: Node) -> None:
    statement = node.drop_stmt
    handler = _DROPS.get(statement.remove_type)
    if handler is not None:
        for item in statement.objects:
            handler(draft, item)


def _drop_table(draft: Draft, item: Node) -> None:
    draft.drop_table(draft.name_of_list(item))


def _drop_index(draft: Draft, item: Node) -> None:
    draft.drop_index(draft.name_of_list(item))


def _drop_view(draft: Draft, item: Node) -> None:
    name = draft.name_of_list(item)
    for kind in ("view", "materialized view"):
        dependents.forget(draft, kind, f"{name.schema}.{name.name}")


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


def _of_table(draft: Draft, item: Node) -> tuple[TableName, str]:
    """Return the table and the name in a list such as DROP TRIGGER's: the name stands last."""
    *table, name = [part.string.sval for part in item.list.items]
    return TableName(table[-2] if len(table) > 1 else draft.default_schema, table[-1]), name


_HANDLERS: Mapping[str, Callable[[Draft, Node], None]] = {
    "create_stmt": _create_table,
    "alter_table_stmt": _alter_table,
    "rename_stmt": _rename,
    "index_stmt": _create_index,
    "create_table_as_stmt": _create_table_as,
    "view_stmt": _create_view,
    "create_trig_stmt": _create_trigger,
    "create_policy_stmt": _create_policy,
    "create_stats_stmt": _create_statistics,
    "create_publication_stmt": _create_publication,
    "alter_object_schema_stmt": _set_schema,
    "variable_set_stmt": _set_variable,
    "drop_stmt": _drop,
}

_DROPS: Mapping[int, Callable[[Draft, Node], None]] = {
    pb.OBJECT_TABLE: _drop_table,
    pb.OBJECT_INDEX: _drop_index,
    pb.OBJECT_VIEW: _drop_view,
    pb.OBJECT_MATVIEW: _drop_view,
    pb.OBJECT_TRIGGER: _drop_trigger,
    pb.OBJECT_POLICY: _drop_policy,
    pb.OBJECT_STATISTIC_EXT: _drop_statistics,
    pb.OBJECT_PUBLICATION: _drop_publication,
}
