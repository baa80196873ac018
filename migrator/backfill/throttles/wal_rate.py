"""Waits while the whole server writes more log per second than `max_wal_rate`.

What writes log fast fills the archive's queue, the network to replicas and the disk of slots. The mean of two seconds
counts, so a limit below the backfill's own speed makes it run and rest in turns, at that rate on average.
"""

from collections import deque

from migrator.backfill.hysteresis import Hysteresis
from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over
from migrator.config import format_size
from migrator.pg.driver import Connection
from migrator.pg.queries import query

_SPAN_SECONDS = 2.0
_LEAST_SECONDS = 0.5
"""From so long a span on, a rate means something; until then the first batch waits."""


class WalRate:
    """Remembers the log's position over two seconds."""

    name = "wal-rate"
    interval_seconds = 0.2

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._limit = Hysteresis(resume_share=0.95)
        self._seen: deque[tuple[float, int]] = deque()

    def read(self) -> Reading:
        """Return over the limit, with the rate in the reason."""
        if self._context.pace.now.max_wal_rate is None:
            self._seen.clear()
            return clear(self.name)
        return self._context.background.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        row = connection.execute(query("signals.written", "migrator.backfill")).fetchone() or {}
        rate, limit = self._rate(self._context.clock.monotonic(), row["bytes"]), self._context.pace.now.max_wal_rate
        if rate is None:
            return Reading(self.name, is_over=True, reason="the rate of log is measured", is_brief=True)
        if limit is None or not self._limit.is_over(rate, limit):
            return clear(self.name)
        return over(
            self.name,
            f"the server writes {format_size(rate)} of log per second, over max_wal_rate {format_size(limit)}",
        )

    def _rate(self, now: float, position: int) -> float | None:
        self._seen.append((now, position))
        while len(self._seen) > 2 and now - self._seen[1][0] >= _SPAN_SECONDS:  # noqa: PLR2004 two make a rate
            self._seen.popleft()
        since, first = self._seen[0]
        return (position - first) / (now - since) if now - since >= _LEAST_SECONDS else None


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return WalRate(context)
