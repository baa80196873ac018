"""Queries of the application whose prepared statements fail once a phase has changed the shape of a table.

A prepared `SELECT *` or `RETURNING *` is refused ("cached plan must not change result type", 0A000) as soon as a
column comes or goes; drivers prepare by themselves after a few runs. Asked before a phase runs and by `migrator plan`;
a warning and never a gate, because the server does not tell which clients prepare.
"""

from collections.abc import Iterable, Iterator

from google.protobuf.message import Message

from migrator.names import TableName
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.pg.seen_queries import star_queries
from migrator.phases.folder import PHASES, Migration
from migrator.phases.steps import Step, steps_in
from migrator.statements.facts import effects_of
from migrator.statements.parse import parse_sql, pb
from migrator.statements.statement import Statement

_MOST_TOLD = 20


def reshaped_tables(steps: Iterable[Step]) -> tuple[TableName, ...]:
    """Return the tables whose rows have other columns, or other types, afterwards."""
    found: dict[TableName, None] = {}
    for step in steps:
        refs = (*step.creates, *step.removes)
        found |= {TableName(ref.schema, ref.table): None for ref in refs if ref.kind == "column"}
        found |= {table: None for statement in step.statements for table in _retyped(statement)}
    made = {TableName(ref.schema, ref.name) for step in steps for ref in step.creates if ref.kind == "table"}
    return tuple(table for table in found if table not in made)


def _retyped(statement: Statement) -> Iterator[TableName]:
    if statement.kind == "alter_table_stmt":
        tree = statement.node.alter_table_stmt
        if any(item.alter_table_cmd.subtype == pb.AT_AlterColumnType for item in tree.cmds):
            yield TableName(tree.relation.schemaname or "public", tree.relation.relname)


def stale_queries(connection: Connection, steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the queries, as the server has seen them, that return whole rows of a table that the steps reshape."""
    tables = reshaped_tables(tuple(steps))
    names = {table.name for table in tables}
    seen = star_queries(connection, sorted(names)) if names else ()
    return tuple(text for text in seen if _returns_rows_of(text, names))[:_MOST_TOLD]


def stale_queries_of(connection: Connection, migration: Migration, phase: str | None) -> tuple[str, ...]:
    """Return the same for one phase of a migration, or for all of them."""
    version = server_version(connection) // 10000
    asked = [steps_in(migration.files.get(name), name, version) for name in PHASES if phase in (None, name)]
    found = (text for steps in asked for text in stale_queries(connection, steps))
    return tuple(dict.fromkeys(found))


def _returns_rows_of(text: str, names: set[str]) -> bool:
    """Whether the query has a star among its results and one of the tables; a name without schema may be any's."""
    parsed = parse_sql(text)
    return any(
        _has_star(statement.node) and names & {lock.table.name for lock in effects_of(statement).locks}
        for statement in parsed.statements
    )


def _has_star(message: Message) -> bool:
    if isinstance(message, pb.A_Star):
        return True
    return any(_has_star(part) for part in _parts(message))


def _parts(message: Message) -> Iterator[Message]:
    for field, value in message.ListFields():
        if field.message_type is not None:
            yield from value if isinstance(value, Iterable) else [value]
