"""Time, and the only way to wait: a pause has a reason, and a stop request ends it at once.

`time.sleep` and `datetime.now` are banned elsewhere, so that Ctrl-C is answered within one poll and tests can
drive time. Timestamps that are stored come from the database's clock, never from here.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from migrator.errors import Stopped


class Clock(Protocol):
    """What the runner asks of time."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from a clock that never goes back; only differences mean something."""
        ...

    def wait(self, seconds: float, reason: str) -> None:
        """Wait, or raise `Stopped` with the reason as soon as a stop is requested."""
        ...

    def check_stop(self, doing: str) -> None:
        """Raise `Stopped` if a stop was requested; called between batches and steps."""
        ...


class SystemClock:
    """The real clock; `stop` is set by signal handlers or by a test."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)  # noqa: TID251 the one place that reads the wall clock

    def monotonic(self) -> float:
        """Return `time.monotonic()`."""
        return time.monotonic()

    def wait(self, seconds: float, reason: str) -> None:
        """Wait for `seconds`, or raise `Stopped` at once when the stop event is set."""
        if self.stop.wait(max(0.0, seconds)):
            raise _stopped(f"waiting: {reason}")

    def check_stop(self, doing: str) -> None:
        """Raise `Stopped` when the stop event is set."""
        if self.stop.is_set():
            raise _stopped(doing)


def _stopped(doing: str) -> Stopped:
    return Stopped(f"Stopped on request ({doing}).", "What was done is recorded; `migrator resume` goes on.")


@contextmanager
def after(seconds: float, act: Callable[[], object]) -> Generator[None]:
    """Call `act`, in a thread of its own, when the block takes longer than this."""
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
