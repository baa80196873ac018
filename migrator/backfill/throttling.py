"""All throttles of one backfill together: looks at them between batches and waits while any is over its limit.

A throttle is one file in `throttles/` with a `build(context)` function; adding the file adds the throttle. Waiting
has no end by itself: a stop request ends it, and the reason is in the backfill's row for everyone to see. What costs
a look at a server is read in the background (`lookout`); what an operator asks for is read before every batch.
"""

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

from migrator.backfill import throttles as package
from migrator.backfill.lookout import Lookout, interval_of
from migrator.backfill.pace import Pace
from migrator.backfill.signals import SignalSession, ThrottleContext
from migrator.backfill.sizing import Sizing
from migrator.backfill.throttles.throttle import Reading, Throttle
from migrator.errors import Stopped
from migrator.events import EventKind

__all__ = ["SignalSession", "ThrottleContext", "Throttling", "build_throttles"]

POLL_SECONDS = 0.1
_LAG = "replica-lag"
"""Its figures are the lags of replicas, by their names."""
_REPORT_AFTER_SECONDS = 0.25
"""A shorter wait is counted and not reported: it would cost two writes to the backfill's row."""
_REPORT_SECONDS = 1.0
_FIRST_LOOK_SECONDS = 2.0
_FIRST_LOOK_POLL_SECONDS = 0.005


def build_throttles(context: ThrottleContext) -> tuple[Throttle, ...]:
    """Return every throttle that there is a file for, by name."""
    return tuple(build(context) for build in _builders())


def _builders() -> Iterator[Callable[[ThrottleContext], Throttle]]:
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        build = getattr(import_module(f"{package.__name__}.{found.name}"), "build", None)
        if build is not None:
            yield build


class Throttling:
    """Holds a backfill back for as long as any throttle asks for it."""

    def __init__(
        self, throttles: Sequence[Throttle], context: ThrottleContext, note: Callable[[str | None], None]
    ) -> None:
        self._throttles = tuple(throttle for throttle in throttles if not interval_of(throttle))
        watched = tuple(throttle for throttle in throttles if interval_of(throttle))
        self._lookout = Lookout(watched, context.clock, context.background.close)
        self._context = context
        self._note = note
        """Stores the reason beside the backfill's checkpoint; None when it goes on."""
        self._figures: dict[str, Reading] = {}
        self._uncounted: dict[str, float] = {}
        """Seconds waited for each throttle that no event has told yet."""

    @property
    def pace(self) -> Pace:
        """What the backfill runs by at this moment."""
        return self._context.pace

    def close(self) -> None:
        """End the background looks."""
        self._lookout.end()
        self._context.session.close()

    def adjust(self, sizing: Sizing) -> Sizing:
        """Return the batch size's controller with what an operator has changed; asked after `hold`."""
        return self.pace.adjust(sizing)

    def hold(self) -> float:
        """Return the seconds waited, 0 when every throttle lets us go on.

        Raises:
            Stopped: a stop was requested while waiting, or the load is critical.
            Refused: an operator has cancelled the backfill.
        """
        clock, rhythm = self._context.clock, self._context.rhythm
        rhythm.came_back_at = clock.monotonic()
        self._look_first()
        reading = self._worst()
        seconds = 0.0 if reading is None else self._wait(reading)
        rhythm.let_go_at = clock.monotonic()
        return seconds

    def _look_first(self) -> None:
        """Start the lookout and give it a moment for its first look, so that a run does not begin with a pause."""
        clock = self._context.clock
        self._lookout.start()
        until = clock.monotonic() + _FIRST_LOOK_SECONDS
        while not self._lookout.is_ready and clock.monotonic() < until:
            clock.wait(_FIRST_LOOK_POLL_SECONDS, "throttles are read for the first time")

    def _wait(self, reading: Reading | None) -> float:
        clock = self._context.clock
        started = before = clock.monotonic()
        reported: tuple[float, str] | None = None
        while reading is not None:
            waited = before - started
            if self._is_to_be_told(reading, waited, reported, before):
                self._report(reading, waited if reported else 0.0)
                reported = (before, reading.throttle)
            clock.wait(POLL_SECONDS if reading.again_seconds is None else reading.again_seconds, reading.reason)
            now = clock.monotonic()
            self._uncounted[reading.throttle] = self._uncounted.get(reading.throttle, 0.0) + now - before
            before, reading = now, self._worst()
        if reported:
            self._note(None)
        self._emit(EventKind.BACKFILL_RESUMED, seconds=before - started, **self._counted())
        return before - started

    @staticmethod
    def _is_to_be_told(reading: Reading, waited: float, reported: tuple[float, str] | None, now: float) -> bool:
        if reported is None:
            return not reading.is_brief and (waited >= _REPORT_AFTER_SECONDS or reading.again_seconds is None)
        return reading.throttle != reported[1] or now - reported[0] >= _REPORT_SECONDS

    def _worst(self) -> Reading | None:
        """Return what to wait for; all are read, so that each one's memory stays fresh.

        A critical load ends the run only when nothing else holds it back already: one that waits is not the cause.
        """
        since = self._context.rhythm.came_back_at
        watched = self._lookout.readings(since)
        readings = [throttle.read() for throttle in self._throttles] + watched
        self._tell_figures(readings)
        waiting = [reading for reading in readings if reading.is_over and not self._is_ignored(reading)]
        if any(reading.is_brief and reading.is_over for reading in watched):
            self._lookout.hurry()
        _end_if_asked(waiting)
        return min(waiting, key=lambda reading: reading.is_brief, default=None)

    def _is_ignored(self, reading: Reading) -> bool:
        return reading.is_unknown and reading.throttle in self.pace.now.ignore_unknown

    def _tell_figures(self, readings: Sequence[Reading]) -> None:
        """Emit what was measured since the last look, on the thread that emits everything else."""
        for reading in readings:
            if reading.figures and self._figures.get(reading.throttle) is not reading:
                self._figures[reading.throttle] = reading
                for name, value in reading.figures.items():
                    self._tell_figure(reading.throttle, name, value)

    def _tell_figure(self, throttle: str, name: str, value: float) -> None:
        if throttle == _LAG:
            self._context.events.emit(EventKind.REPLICA_LAG, self._context.migration, replica=name, seconds=value)
        else:
            self._emit(EventKind.BACKFILL_MEASURED, throttle=throttle, figure=name, value=value)

    def _report(self, reading: Reading, seconds: float) -> None:
        """Tell why we wait, at first and then each second; `seconds` is 0 the first time."""
        self._note(reading.reason)
        counted = self._counted() | {"throttle": reading.throttle}
        self._emit(EventKind.BACKFILL_PAUSED, reason=reading.reason, seconds=seconds, **counted)

    def _counted(self) -> dict[str, object]:
        """Return the throttle waited for longest, and the seconds of each that no event has told yet."""
        counted = dict(self._uncounted)
        self._uncounted.clear()
        longest = max(counted, key=lambda throttle: counted[throttle], default="")
        return {"throttle": longest, "counted": counted}

    def _emit(self, kind: EventKind, **data: object) -> None:
        self._context.events.emit(kind, self._context.migration, name=self._context.name, **data)


def _end_if_asked(waiting: Sequence[Reading]) -> None:
    """End the run when an operator says so, or at a critical load, unless something else holds us back already.

    One that waits is not the cause of the load, and to end it would help nobody.
    """
    ends = [reading.end for reading in waiting if reading.end is not None]
    is_held = any(reading.end is None and not reading.is_brief for reading in waiting)
    for end in ends:
        if not (is_held and isinstance(end, Stopped)):
            raise end
