"""Who stands in the way of our statement, with the lock: asked of the server while it waits, or of the table after it.

Called by the observer, while a statement waits, and at the end of a lock budget.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query

_MODES = {level.pg_mode: level for level in LockLevel}
_NOT_SHOWN = "what it does is shown only to members of pg_read_all_stats"
_KINDS = {"transactionid": "a row", "tuple": "a row", "virtualxid": "its snapshot", "advisory": "an advisory lock"}
"""What is waited for when it is no table, in words; other kinds are PostgreSQL's own words."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session or a prepared transaction that ours waits for; what the server does not show to our role is None."""

    pid: int | None
    """None for a prepared transaction."""
    application: str
    role: str
    state: str | None
    age_seconds: float | None
    """Of its transaction."""
    query: str
    lock: str
    """The lock that it holds or awaits before us: `ACCESS SHARE on users`; empty when it was gone too soon."""

    def __str__(self) -> str:
        """Return one phrase for messages."""
        if self.pid is None:
            return f"{self.query} ({', '.join(('prepared transaction', *self._facts))})"
        text = self.query if self.state is not None else _NOT_SHOWN
        return f"pid {self.pid} ({', '.join((self.application or 'unnamed', *self._facts))}: {text})"

    @property
    def _facts(self) -> tuple[str, ...]:
        age = "" if self.age_seconds is None else f"transaction {self.age_seconds:.0f} s old"
        role = f"role {self.role}" if self.role else ""
        return tuple(filter(None, (self.state, role, age, self.lock)))

    def as_json(self) -> dict[str, object]:
        """Return the fields of an event."""
        return {
            "pid": self.pid,
            "application": self.application,
            "role": self.role,
            "state": self.state or "",
            "age_seconds": self.age_seconds or 0.0,
            "query": self.query,
            "lock": self.lock,
        }


def blockers(connection: Connection, pid: int) -> tuple[Blocker, ...]:
    """Return whom the session `pid` waits for right now."""
    return tuple(blocker_of(row) for row in connection.execute(query("session.blockers"), {"pid": pid}))


def holders(connection: Connection, locks: Iterable[tuple[TableName, LockLevel]]) -> tuple[Blocker, ...]:
    """Return who holds or awaits, right now, what conflicts with the locks; one entry per session."""
    wanted = tuple(locks)
    values = {
        "schemas": [table.schema for table, _ in wanted],
        "names": [table.name for table, _ in wanted],
        "levels": [int(level) for _, level in wanted],
        "old_seconds": 0.0,
        "everybody": True,
    }
    found: dict[object, Blocker] = {}
    rows = connection.execute(query("preflight.locks"), values).fetchall()
    for row in sorted(rows, key=lambda row: not row["granted"]):
        if _level(row["mode"]).conflicts_with(LockLevel(row["level"])):
            found.setdefault(row["pid"] or row["gid"], blocker_of({**row, "kind": "relation"}))
    return tuple(found.values())


def _level(mode: str) -> LockLevel:
    return _MODES.get(mode, LockLevel.ACCESS_EXCLUSIVE)


def blocker_of(row: Row) -> Blocker:
    """Return what a named query has found; a row without a lock tells of none."""
    pid = row["pid"] or None
    text = " ".join((row["query"] or "").split()) if pid else f"gid {row['gid']!r}"
    name = row["application"] or row["backend_type"] or ""
    return Blocker(pid, name, row["role"] or "", row["state"], row["age_seconds"], text, _lock(row))


def _lock(row: Row) -> str:
    if row.get("mode") is None:
        return ""
    if row["table"] is None:
        return f"holds {_KINDS.get(row['kind'], row['kind'])}"
    return f"{'holds' if row['granted'] else 'awaits'} {_level(row['mode'])} on {row['table']}"
