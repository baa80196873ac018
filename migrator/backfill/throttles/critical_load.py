"""Ends the run, resumably and with exit code 75, when the load is critical: `[backfill.critical]`.

Waiting is enough for load that passes; this is for load at which nobody wants a backfill to be there at all, and for
schedulers that run it again later. It takes two looks in a row, a second apart, and never ends a run that something
else holds back already: one that waits is not the cause.
"""

from collections.abc import Iterator

from migrator.backfill.signals import SignalSession, ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, unknown
from migrator.backfill.user_query import ask
from migrator.config import CriticalLoad, format_duration
from migrator.errors import Stopped
from migrator.pg.driver import Connection
from migrator.pg.lag import LagMeter
from migrator.pg.queries import query

_LOOKS = 2


class CriticalLoadThrottle:
    """Looks each second, on a thread and a session of its own."""

    name = "critical-load"
    interval_seconds = 1.0
    is_slow = True

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._session = SignalSession(context.connect)
        self._meter = LagMeter(context.clock)
        self._looks = 0

    def read(self) -> Reading:
        """Return the end of the run when the load was critical twice."""
        if self._context.pace.now.critical == CriticalLoad():
            return clear(self.name)
        return self._session.read(self._look, self.name)

    def close(self) -> None:
        """Close its session."""
        self._session.close()

    def _look(self, connection: Connection) -> Reading:
        critical = self._context.pace.now.critical
        reasons = [*self._sessions(connection, critical), *self._lag(connection, critical)]
        if critical.query is not None:
            answer = ask(connection, critical.query)
            if answer.is_true is None:
                return unknown(self.name, f"it answers no boolean: {critical.query}")
            reasons += [answer.words or f"true: {critical.query}"] if answer.is_true else []
        self._looks = self._looks + 1 if reasons else 0
        if self._looks < _LOOKS:
            return clear(self.name)
        end = Stopped(f"The load is critical: {'; '.join(reasons)}.", "What is done is recorded; run it again later.")
        return Reading(self.name, is_over=True, reason=end.situation, end=end)

    def _sessions(self, connection: Connection, critical: CriticalLoad) -> Iterator[str]:
        if critical.active_sessions is None:
            return
        row = connection.execute(query("signals.active_sessions", "migrator.backfill")).fetchone() or {}
        if row.get("sessions", 0) > critical.active_sessions:
            yield f"{row['sessions']} sessions are at work, over critical.active_sessions {critical.active_sessions}"

    def _lag(self, connection: Connection, critical: CriticalLoad) -> Iterator[str]:
        if critical.max_lag is None:
            return
        for replica in self._meter.measure(connection).replicas:
            if replica.seconds > critical.max_lag.total_seconds():
                limit = format_duration(critical.max_lag)
                yield f"replica {replica.name} is {replica.seconds:.0f} s behind, over critical.max_lag {limit}"


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return CriticalLoadThrottle(context)
