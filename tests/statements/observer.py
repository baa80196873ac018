"""What a statement really does on a live server: the locks that it holds, the files that it writes, the rows it reads.

A statement that may run in a transaction is run in one, looked at from inside, and rolled back. One that may not
is met by a held lock on each of its tables in turn, and shows in `pg_locks` the level that it waits for.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from migrator.clock import SystemClock
from migrator.locks import LockLevel
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import errors
from migrator.statements.effects import TableLock

_LEVELS = {level.pg_mode: level for level in LockLevel}
_TABLE_LIKE = frozenset("rpvmS")
_WITH_ROWS = frozenset("rm")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation before the statement."""

    name: str
    kind: str
    file: int
    table: str
    """For an index its table's name, else its own."""

    @property
    def is_index(self) -> bool:
        return self.kind not in _TABLE_LIKE


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen, by qualified name."""

    locks: Mapping[str, LockLevel]
    """The strongest level on each relation that existed before and is no index."""
    index_locks: Mapping[str, LockLevel]
    rewritten: frozenset[str]
    scanned: frozenset[str]
    scanned_tables: frozenset[str]
    """The same, with the table for an index: only the planner knows by which of both it reads."""


def observe(connection: Connection, statement: str) -> Seen:
    """Run the statement in a transaction, look, and roll back."""
    connection.execute("BEGIN")
    try:
        before = _relations(connection)
        rows_before = _rows_read(connection, before)  # inside: between transactions the counters may start again
        connection.execute(statement.encode())
        rows = _rows_read(connection, before)
        scanned = [before[oid] for oid in rows if rows[oid] > rows_before[oid]]
        return Seen(
            locks=_locks(connection, before, is_index=False),
            index_locks=_locks(connection, before, is_index=True),
            rewritten=_rewritten(connection, before),
            scanned=frozenset(relation.name for relation in scanned),
            scanned_tables=frozenset(relation.table for relation in scanned),
        )
    finally:
        connection.execute("ROLLBACK")


def _relations(connection: Connection) -> dict[int, Relation]:
    rows = connection.execute(
        """SELECT c.oid::bigint, n.nspname || '.' || c.relname AS name, c.relkind::text AS kind,
                  c.relfilenode::bigint AS file, coalesce(n.nspname || '.' || t.relname, '') AS table
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
           WHERE n.nspname IN ('public', 'elsewhere') AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I')"""
    ).fetchall()
    return {row["oid"]: Relation(row["name"], row["kind"], row["file"], row["table"] or row["name"]) for row in rows}


def _rows_read(connection: Connection, relations: Iterable[int]) -> dict[int, int]:
    rows = connection.execute(
        "SELECT o AS oid, pg_stat_get_xact_tuples_returned(o::oid) AS n FROM unnest(%s::bigint[]) o", (list(relations),)
    ).fetchall()
    return {row["oid"]: row["n"] for row in rows}


def _locks(connection: Connection, relations: Mapping[int, Relation], *, is_index: bool) -> dict[str, LockLevel]:
    rows = connection.execute(
        """SELECT relation::bigint AS oid, mode FROM pg_locks
           WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted"""
    ).fetchall()
    return strongest(
        (relations[row["oid"]].name, _LEVELS[row["mode"]])
        for row in rows
        if row["oid"] in relations and relations[row["oid"]].is_index is is_index
    )


def strongest(found: Iterable[tuple[str, LockLevel]]) -> dict[str, LockLevel]:
    """Return the strongest level per name."""
    levels: dict[str, LockLevel] = {}
    for name, level in found:
        levels[name] = max(level, levels.get(name, LockLevel.NONE))
    return levels


def _rewritten(connection: Connection, before: Mapping[int, Relation]) -> frozenset[str]:
    after = {oid: relation.file for oid, relation in _relations(connection).items()}
    return frozenset(
        relation.name
        for oid, relation in before.items()
        if relation.kind in _WITH_ROWS and after.get(oid, relation.file) != relation.file
    )


def requested_level(dsn: str, statement: str, claimed: TableLock) -> LockLevel:
    """Return the level for which a statement outside transactions waits when another holds the table.

    The other holds the weakest level that conflicts with the claimed one, so that a statement that takes less does
    not wait at all, and one that takes more is seen to. The statement is cancelled while it waits.
    """
    table = str(claimed.table)
    with connect(dsn) as holder, connect(dsn) as runner, ThreadPoolExecutor(1) as pool:
        holder.execute("BEGIN")
        holder.execute(f"LOCK TABLE {table} IN {_weakest_against(claimed.level)} MODE".encode())
        pid = runner.info.backend_pid
        running = pool.submit(_run_until_cancelled, runner, statement)
        try:
            return _wait_for_lock(holder, pid, table, running)
        finally:
            holder.execute("SELECT pg_cancel_backend(%s)", (pid,))
            running.result(timeout=60)


def _weakest_against(level: LockLevel) -> LockLevel:
    return min(other for other in LockLevel if level.conflicts_with(other))


def _run_until_cancelled(runner: Connection, statement: str) -> None:
    with suppress(errors.QueryCanceled):
        runner.execute(statement.encode())


def _wait_for_lock(connection: Connection, pid: int, table: str, running: Future[None]) -> LockLevel:
    clock = SystemClock()
    while not running.done():
        row = connection.execute(
            "SELECT mode FROM pg_locks WHERE pid = %s AND relation = %s::regclass AND NOT granted", (pid, table)
        ).fetchone()
        if row:
            return _LEVELS[row["mode"]]
        clock.wait(0.01, "the statement to queue")
    raise AssertionError("The statement did not wait for the lock that is claimed.")
