"""Makes room while the application is at work: batches no longer than `busy_batch`, a pause of `busy_nice` times each.

A batch holds a core and its rows. Whoever comes meanwhile waits for a part of it, which a backfill at full speed lets
the slowest percent of an application's queries feel ten times (`benchmarks/foreground.py`). When nobody is at work
the backfill takes the whole machine. States of sessions that we may not see count as work.
"""

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear
from migrator.pg.driver import Connection
from migrator.pg.queries import query


class Application:
    """Looks five times a second, and tells the pace; the pauses are those of `nice`."""

    name = "application"
    interval_seconds = 0.2

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return that the backfill may go on, at the pace that it was told; a look that failed counts as work."""
        seen = self._context.background.read(self._look, self.name)
        self._context.pace.is_busy = seen.is_over
        return clear(self.name)

    def _look(self, connection: Connection) -> Reading:
        row = connection.execute(query("signals.application", "migrator.backfill")).fetchone()
        return Reading(self.name, is_over=row is None or bool(row["is_at_work"]))


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return Application(context)
