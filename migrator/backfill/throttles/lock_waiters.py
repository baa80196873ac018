"""Waits while more than `max_lock_waiters` sessions wait for locks of backfills, and for a second after.

A batch holds the rows that it changes until it commits, and whoever writes one of them waits. A lock wait ends with the
batch, so the second after it is what gives the application room.
"""

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over
from migrator.pg.driver import Connection
from migrator.pg.queries import query

_REST_SECONDS = 1.0


class LockWaiters:
    """Looks while batches run: between them nobody waits for us."""

    name = "lock-waiters"
    interval_seconds = 0.1

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._rest_until = 0.0
        self._reason = ""

    def read(self) -> Reading:
        """Return over the limit, with the number and one of those who wait in the reason."""
        if self._context.pace.now.max_lock_waiters is None:
            return clear(self.name)
        return self._context.background.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        waiting = connection.execute(query("signals.lock_waiters", "migrator.backfill")).fetchall()
        limit, now = self._context.pace.now.max_lock_waiters, self._context.clock.monotonic()
        if limit is not None and len(waiting) > limit:
            first = waiting[0]["application"] or f"pid {waiting[0]['pid']}"
            self._reason = f"{len(waiting)} sessions wait for rows of a batch ({first}), over max_lock_waiters {limit}"
            self._rest_until = now + _REST_SECONDS
        return over(self.name, self._reason) if now < self._rest_until else clear(self.name)


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return LockWaiters(context)
