"""Who would make a statement wait, known before it is run: waiting already is what hurts the application.

A statement that waits for a strong lock makes every later query on the table wait behind it, so what can be seen
beforehand is waited for without a lock request. Called by `migrator.phases.preflight`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.pg.blocker import Blocker, blocker_of
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query

_MODES = {level.pg_mode: level for level in LockLevel}
_AUTOVACUUM = "autovacuum worker"
_LONG_WAIT_SECONDS = 1.0
"""A session that waits for less does not make a queue: waits for a moment are the daily life of a busy table."""
_WRAPAROUND = "to prevent wraparound"


class ObstacleKind(Enum):
    """Why it is in the way."""

    WRAPAROUND = "a vacuum that prevents wraparound"
    """It never yields, and must not be ended."""
    PREPARED = "a prepared transaction"
    MAINTENANCE = "other DDL or maintenance"
    TRANSACTION = "an old transaction"
    QUEUE = "a session that waits for a lock itself"
    SNAPSHOT = "an old snapshot"
    REPLICA = "an old transaction on a replica"
    """Its pid is one of another server."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One session (or prepared transaction, without a pid) that stands in the way, and why."""

    kind: ObstacleKind
    who: Blocker
    table: str = ""

    def __str__(self) -> str:
        """Return one phrase for messages."""
        return f"{self.kind.value}{f' on {self.table}' if self.table else ''}: {self.who}"

    def as_json(self) -> dict[str, object]:
        """Return the fields of an event."""
        return {"kind": self.kind.value, **self.who.as_json(), "table": self.table}


def obstacles(
    connection: Connection, locks: Iterable[tuple[TableName, LockLevel]], old_seconds: float
) -> tuple[Obstacle, ...]:
    """Return who holds, or waits for, something that conflicts with the locks; one entry per session.

    A session of another role whose transaction the server does not show (no pg_read_all_stats) counts as young: the
    ladder's short tries are the limit for what cannot be seen.
    """
    wanted = tuple(locks)
    if not wanted:
        return ()
    values = {
        "schemas": [table.schema for table, _ in wanted],
        "names": [table.name for table, _ in wanted],
        "levels": [int(level) for _, level in wanted],
        "old_seconds": old_seconds,
        "everybody": False,
    }
    found: dict[object, Obstacle] = {}
    for row in connection.execute(query("preflight.locks"), values):
        kind = _kind(row, old_seconds)
        if kind is not None:
            who = blocker_of({**row, "kind": "relation"})
            found.setdefault(row["pid"] or row["gid"], Obstacle(kind, who, row["table"]))
    return tuple(found.values())


def _kind(row: Row, old_seconds: float) -> ObstacleKind | None:
    """Return why the row's lock is in the way, or None when it is not."""
    if not row["granted"]:
        return ObstacleKind.QUEUE if row["waited_seconds"] >= min(old_seconds, _LONG_WAIT_SECONDS) else None
    held = _MODES.get(row["mode"], LockLevel.ACCESS_EXCLUSIVE)
    if not held.conflicts_with(LockLevel(row["level"])):
        return None
    if row["backend_type"] == _AUTOVACUUM:
        # A plain autovacuum gives way to a waiter that outlasts deadlock_timeout: the ladder's long rungs.
        return ObstacleKind.WRAPAROUND if _WRAPAROUND in (row["query"] or "") else None
    if row["pid"] is None:
        return ObstacleKind.PREPARED
    if (row["age_seconds"] or 0) >= old_seconds:
        return ObstacleKind.TRANSACTION
    # CREATE INDEX CONCURRENTLY, VALIDATE, VACUUM: long from the start. Stronger locks that are young may be an
    # application's own, one after the other; the ladder's short tries get between those.
    return ObstacleKind.MAINTENANCE if held is LockLevel.SHARE_UPDATE_EXCLUSIVE else None


def old_snapshots(connection: Connection, old_seconds: float) -> tuple[Obstacle, ...]:
    """Return the sessions whose snapshot a concurrent index build would wait for, oldest first."""
    rows = connection.execute(query("preflight.old_snapshots"), {"old_seconds": old_seconds})
    return tuple(Obstacle(ObstacleKind.SNAPSHOT, blocker_of(row)) for row in rows)
