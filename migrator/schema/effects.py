"""What a statement does to the schema that is there: the facts of the text, made sure by what is known.

`effects_in` is the entry point of lint: `migrator.statements.facts` says what the text alone tells, and leaves UNKNOWN
what depends on types, constraints, partitions and rows; here the schema answers. What it cannot answer stays UNKNOWN,
with `missing` in words.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from migrator.names import TableName
from migrator.schema.facts import columns
from migrator.schema.facts.known import Known, without_dropped
from migrator.schema.model import Schema
from migrator.statements.effects import Effects, combined
from migrator.statements.facts import effects_of
from migrator.statements.facts.alter_table import action_effects
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb
from migrator.statements.statement import Statement

_NO_SETTINGS: Mapping[str, str] = {}


def effects_in(
    statement: Statement, schema: Schema | None, pg_version: int = 17, settings: Mapping[str, str] = _NO_SETTINGS
) -> Effects:
    """Return what the statement does, given the schema before it (None: nothing is known but the text).

    `settings` are the session's, by name in lower case; only those that change an effect are read (timezone).
    """
    if schema is None:
        return effects_of(statement, pg_version)
    if statement.kind == "alter_table_stmt":
        return _rows_known(_alter_table(statement, schema, pg_version, settings), schema)
    return _rows_known(effects_of(statement, pg_version), schema)


def action_effects_in(
    cmd: pb.AlterTableCmd,
    statement: Statement,
    schema: Schema | None,
    pg_version: int = 17,
    settings: Mapping[str, str] = _NO_SETTINGS,
) -> Effects:
    """Return the effects of one action of an ALTER TABLE alone; `cmd` is one of the statement's."""
    tree = statement.node.alter_table_stmt
    name = table_name(tree.relation)
    if schema is None:
        return action_effects(cmd, name)
    return _rows_known(_action(cmd, name, tree, schema, pg_version, settings), schema)


def _alter_table(statement: Statement, schema: Schema, pg_version: int, settings: Mapping[str, str]) -> Effects:
    tree = statement.node.alter_table_stmt
    name = table_name(tree.relation)
    return combined(_action(n.alter_table_cmd, name, tree, schema, pg_version, settings) for n in tree.cmds)


def _action(
    cmd: pb.AlterTableCmd,
    name: TableName,
    tree: pb.AlterTableStmt,
    schema: Schema,
    pg_version: int,
    settings: Mapping[str, str],
) -> Effects:
    facts = action_effects(cmd, name)
    table, read = schema.table(name), _READERS.get(cmd.subtype)
    if table is None or read is None:
        return facts
    table = without_dropped(table, [node.alter_table_cmd for node in tree.cmds])
    return read(Known(cmd, table, schema, pg_version, settings), facts)


def _rows_known(effects: Effects, schema: Schema) -> Effects:
    """Name the tables among those touched that surely hold no row."""
    touched = {lock.table for lock in effects.locks} | {*effects.rewrites, *effects.scans}
    empty = tuple(sorted(touched & schema.empty))
    return replace(effects, without_rows=empty) if empty else effects


_READERS: Mapping[int, Callable[[Known, Effects], Effects]] = {
    **columns.READERS,
}
