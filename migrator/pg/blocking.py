"""Sessions that block ours, as the policy `on_blocked` must know them, and the ways to end what they do.

A cancel does nothing to a session that is idle in its transaction: only its end frees the locks. Each way names the
backend's start, because a pid may have a new owner between the look and the act.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from migrator.pg.driver import Connection
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class BlockingSession:
    """One row of pg_stat_activity; what the server does not show to our role is None."""

    pid: int
    backend_start: datetime | None
    backend_type: str | None
    application: str | None
    role: str | None
    state: str | None
    query: str | None
    state_seconds: float | None
    """Since the state began."""
    query_seconds: float | None
    """Since the query began."""
    transaction_start: datetime | None = None
    transaction_seconds: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it holds its locks without doing anything."""
        return (self.state or "").startswith("idle in transaction")


def blocking_sessions(connection: Connection, pids: Iterable[int]) -> tuple[BlockingSession, ...]:
    """Return the sessions that are still there."""
    rows = connection.execute(query("preflight.sessions"), {"pids": list(pids)})
    return tuple(BlockingSession(**row) for row in rows)


def end_blocking(connection: Connection, session: BlockingSession, *, with_session: bool = False) -> bool:
    """End what the session does, or with it the session, if it is still at it; return whether it was told to.

    Raises:
        InsufficientPrivilege (of the driver): our role may not signal sessions of that role.
    """
    values = {"pid": session.pid, "backend_start": session.backend_start, "xact_start": session.transaction_start}
    by_state = "preflight.end_idle" if session.is_idle else "preflight.cancel_query"
    name = "preflight.end_transaction" if with_session else by_state
    row = connection.execute(query(name), values).fetchone()
    return bool(row and row["ended"])
