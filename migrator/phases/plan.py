"""What would run, statement by statement: locks, what they block, rewrites, table sizes, who is in the way now.

Reads only. Called by `migrator plan` and by `--dry-run`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migrator.locks import LockClass, LockLevel
from migrator.names import TableName
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query
from migrator.phases.data_changes import DataChange, data_changes
from migrator.phases.estimate import estimated_seconds
from migrator.phases.folder import FILES, Migration
from migrator.phases.judgement import judged
from migrator.phases.steps import Step, steps_in
from migrator.schema.catalog import read_schema
from migrator.statements.effects import Effects, Fact, Held
from migrator.statements.statement import Statement

_MODES = {level.pg_mode: level for level in LockLevel}


@dataclass(frozen=True, slots=True)
class TableUse:
    """One table that a statement locks."""

    table: TableName
    level: LockLevel
    rows: int | None
    """The planner's estimate; None when there is none yet, without a database, or for a table still to be made."""
    bytes: int | None
    blockers: tuple[str, ...]
    """Sessions that hold a conflicting lock right now, in words."""


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """One statement of a plan."""

    phase: str
    step: int
    sql: str
    lock_class: LockClass
    tables: tuple[TableUse, ...]
    rewrite: Fact
    scan: Fact
    index_build: bool
    is_transactional: bool
    is_opaque: bool
    removes: tuple[str, ...]
    missing: tuple[str, ...]
    """What one would have to know where a fact is unknown."""
    held: Held
    """How long the strongest lock is needed."""
    estimated_seconds: float | None
    """Roughly, from the size of the tables; None where nothing can be said."""
    changes: tuple[DataChange, ...] = ()
    """Rows that a hand-written UPDATE, DELETE or MERGE changes."""


def plan(migration: Migration, connection: Connection | None, pg_version: int) -> tuple[PlannedStatement, ...]:
    """Return every statement of every phase, in the order in which they would run; verify.sql is not run by phases.

    Args:
        migration: as on disk.
        connection: to look at columns, sizes and locks; None plans from the files alone.
        pg_version: major version to judge by when there is no connection.
    """
    version = server_version(connection) // 10000 if connection else pg_version
    phases = [name for name in FILES if name != "verify"]
    steps = [step for phase in phases for step in steps_in(migration.files.get(phase), phase, version)]
    judgements = list(judged(steps, read_schema(connection) if connection else None, version))
    look = _Look.at(connection, {lock.table for effects in judgements for each in effects for lock in each.locks})
    return tuple(
        _planned(step, statement, effects, look, data_changes(statement, connection))
        for step, judgement in zip(steps, judgements, strict=True)
        for statement, effects in zip(step.statements, judgement, strict=True)
    )


def _planned(
    step: Step, statement: Statement, effects: Effects, look: "_Look", changes: tuple[DataChange, ...]
) -> PlannedStatement:
    uses = tuple(look.use(lock.table, lock.level) for lock in effects.locks)
    sizes = [use.bytes for use in uses if use.bytes is not None]
    return PlannedStatement(
        phase=step.phase,
        step=step.number,
        sql=statement.text,
        lock_class=step.lock_class,
        tables=uses,
        held=effects.held,
        estimated_seconds=estimated_seconds(effects, max(sizes, default=None)),
        rewrite=effects.rewrite,
        scan=effects.scan,
        index_build=effects.index_build,
        is_transactional=effects.is_transactional,
        is_opaque=effects.is_opaque,
        missing=effects.missing,
        changes=tuple(look.sized(change) for change in changes),
        removes=tuple(str(ref) for ref in (*effects.removes, *(r.source for r in effects.renames))),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """Sizes and lock holders of the plan's tables, read once."""

    sizes: Mapping[TableName, Row]
    holders: tuple[Row, ...]

    @classmethod
    def at(cls, connection: Connection | None, tables: Iterable[TableName]) -> "_Look":
        if connection is None:
            return cls({}, ())
        names = {"tables": [f"{table.schema}.{table.name}" for table in tables]}
        sizes = connection.execute(query("session.sizes"), names).fetchall()
        holders = connection.execute(query("session.table_users"), names).fetchall()
        return cls({TableName(row["schema"], row["name"]): row for row in sizes}, tuple(holders))

    def sized(self, change: DataChange) -> DataChange:
        """Take the table's rows where the planner had nothing to say."""
        size = self.sizes.get(change.table)
        rows = size["rows"] if size else None
        return change if change.rows is not None or rows is None else replace(change, rows=rows, is_most=True)

    def use(self, table: TableName, level: LockLevel) -> TableUse:
        size = self.sizes.get(table)
        in_the_way = {
            row["pid"]: row
            for row in self.holders
            if TableName(row["schema"], row["name"]) == table
            and _MODES.get(row["mode"], LockLevel.ACCESS_EXCLUSIVE).conflicts_with(level)
        }
        return TableUse(
            table,
            level,
            size["rows"] if size else None,
            size["bytes"] if size else None,
            tuple(_words(row) for row in in_the_way.values()),
        )


def _words(row: Row) -> str:
    query_text = " ".join((row["query"] or "").split())[:60]
    who = row["application"] or "unnamed"
    return f"pid {row['pid']} ({who}, {row['state']}, {row['age_seconds']:.0f} s): {query_text}"
