"""All throttles of one backfill together: reads them between batches and waits while any is over its limit.

A throttle is one file in `throttles/` with a `build(context)` function; adding the file adds the throttle. Waiting
has no end by itself: a stop request ends it, and the reason is in the backfill's row for everyone to see.
"""

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module

from migrator.backfill import throttles as package
from migrator.backfill.throttles.throttle import Reading, Throttle
from migrator.clock import Clock
from migrator.config import BackfillSettings
from migrator.errors import DatabaseFailed
from migrator.events import EventKind, Events
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.reopened import ReopenedSession

POLL_SECONDS = 0.25
_REPORT_SECONDS = 1.0


class SignalSession(ReopenedSession):
    """The connection through which throttles look, apart from the one that runs batches."""

    def read(self, look: Callable[[Connection], Reading], throttle: str) -> Reading:
        """Return what `look` says; a signal that cannot be read is over the limit."""
        try:
            return self.look(look)
        except DatabaseError as exc:
            cause = exc.diag.message_primary or (str(exc).strip().splitlines() or [type(exc).__name__])[-1]
            return Reading(throttle, is_over=True, reason=f"{throttle} cannot be read: {cause}")
        except DatabaseFailed as exc:
            return Reading(throttle, is_over=True, reason=f"{throttle} cannot be read: {exc.situation}")


@dataclass(frozen=True, slots=True)
class ThrottleContext:
    """What a throttle may use; `session` is shared by all throttles of the backfill."""

    migration: str
    name: str
    pace: BackfillSettings
    session: SignalSession
    clock: Clock
    events: Events
    replicas: frozenset[str] = frozenset()
    """Names of replicas that must be connected, from the settings."""


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
        self._throttles = tuple(throttles)
        self._context = context
        self._note = note
        """Stores the reason beside the backfill's checkpoint; None when it goes on."""

    def hold(self) -> float:
        """Return the seconds waited, 0 when every throttle lets us go on.

        Raises:
            Stopped: a stop was requested while waiting.
        """
        reading = self._worst()
        return 0.0 if reading is None else self._wait(reading)

    def _wait(self, reading: Reading | None) -> float:
        clock = self._context.clock
        started = reported = clock.monotonic()
        shown: Reading | None = None
        while reading is not None:
            now = clock.monotonic()
            if shown is None or reading.throttle != shown.throttle or now - reported >= _REPORT_SECONDS:
                self._report(reading, now - started if shown else 0.0)
                shown, reported = reading, now
            clock.wait(POLL_SECONDS, reading.reason)
            reading = self._worst()
        seconds = clock.monotonic() - started
        self._note(None)
        self._emit(EventKind.BACKFILL_RESUMED, throttle=shown.throttle if shown else "", seconds=seconds)
        return seconds

    def _worst(self) -> Reading | None:
        """Return the first reading over its limit; all are read, so that each one's memory stays fresh."""
        readings = [throttle.read() for throttle in self._throttles]
        return next((reading for reading in readings if reading.is_over), None)

    def _report(self, reading: Reading, seconds: float) -> None:
        """Tell why we wait, at first and then each second; `seconds` is 0 the first time."""
        self._note(reading.reason)
        self._emit(EventKind.BACKFILL_PAUSED, throttle=reading.throttle, reason=reading.reason, seconds=seconds)

    def _emit(self, kind: EventKind, **data: object) -> None:
        self._context.events.emit(kind, self._context.migration, name=self._context.name, **data)
