"""Waits while more than `max_active_sessions` sessions of clients are at work on the server; ours are not counted."""

from migrator.backfill.hysteresis import Hysteresis
from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown
from migrator.pg.driver import Connection
from migrator.pg.queries import query


class ActiveSessions:
    """Counts four times a second."""

    name = "active-sessions"
    interval_seconds = 0.25

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._limit = Hysteresis()

    def read(self) -> Reading:
        """Return over the limit, with the number in the reason."""
        if self._context.pace.now.max_active_sessions is None:
            self._limit.release()
            return clear(self.name)
        return self._context.background.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        row = connection.execute(query("signals.active_sessions", "migrator.backfill")).fetchone() or {}
        limit = self._context.pace.now.max_active_sessions
        if not row.get("may_read"):
            return unknown(self.name, f"run: GRANT pg_read_all_stats TO {row.get('role')}")
        if limit is None or not self._limit.is_over(row["sessions"], limit):
            return clear(self.name)
        return over(self.name, f"{row['sessions']} sessions are at work, over max_active_sessions {limit}")


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return ActiveSessions(context)
