"""Waits outside of `time_windows`: `22:00-06:00 Europe/Berlin`, `Sat,Sun 00:00-00:00 UTC`.

Any of them lets the backfill go on. The wall clock of the zone decides, through summer time and back.
"""

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over
from migrator.config import TimeWindow


class TimeWindowThrottle:
    """Asks this machine's clock before every batch; a minute of difference between hosts does no harm here."""

    name = "time-window"

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._parsed: dict[str, TimeWindow] = {}

    def read(self) -> Reading:
        """Return over the limit outside of every window, with the next beginning in the reason."""
        texts = self._context.pace.now.time_windows
        if not texts:
            return clear(self.name)
        windows = [self._parsed.setdefault(text, TimeWindow.parse(text)) for text in texts]
        now = self._context.clock.now()
        if any(window.holds(now) for window in windows):
            return clear(self.name)
        begins = min((window.next_start(now) for window in windows), key=lambda start: start.timestamp())
        return over(self.name, f"outside of {' and '.join(texts)}; it goes on at {begins:%a %Y-%m-%d %H:%M %Z}")


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return TimeWindowThrottle(context)
