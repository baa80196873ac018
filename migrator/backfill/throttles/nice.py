"""Waits after each batch for `nice` times as long as the batch took: 1 halves the load, 0 does not wait.

A pause in proportion stays right when batches get slower, which a fixed pause does not. While the application is at
work it is `busy_nice` times at least.
"""

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.application import Application
from migrator.backfill.throttles.throttle import Reading, Throttle, clear

_LONGEST_SECONDS = 30.0


class Nice:
    """Knows from the rhythm of batches how long the last one took."""

    name = "nice"

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return over the limit until the pause has passed."""
        rhythm, pace = self._context.rhythm, self._context.pace
        nice = max(pace.now.nice, pace.busy_nice)
        if not nice or rhythm.came_back_at is None:
            return clear(self.name)
        pause = min(nice * rhythm.work_seconds, _LONGEST_SECONDS)
        left = rhythm.came_back_at + pause - self._context.clock.monotonic()
        if left <= 0:
            return clear(self.name)
        is_owed = nice > pace.now.nice
        why = "busy_nice" if is_owed else "nice"
        reason = f"{why} {nice:g}: it rests {pause:.2f} s after a batch" + (
            " while the application is at work" if is_owed else ""
        )
        return Reading(
            Application.name if is_owed else self.name,
            is_over=True,
            reason=reason,
            is_brief=True,
            again_seconds=min(left, 0.25),
        )


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return Nice(context)
