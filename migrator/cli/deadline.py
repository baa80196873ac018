"""`--max-runtime`: a scheduled job ends itself between two batches, before the scheduler does it in the middle."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from migrator.clock import Clock, SystemClock
from migrator.config import parse_duration
from migrator.errors import ConfigError


@contextmanager
def stop_after(clock: Clock, max_runtime: str | None) -> Generator[None]:
    """Set the clock's stop event when the time has passed; without a time nothing happens.

    Raises:
        ConfigError: the text is no duration.
    """
    if max_runtime is None or not isinstance(clock, SystemClock):
        yield
        return
    try:
        length = parse_duration(max_runtime)
    except ValueError as exc:
        raise ConfigError(f"--max-runtime: {exc}.", "Give it as 50m or 2h.") from exc
    seconds = length.total_seconds() if isinstance(length, timedelta) else 0.0
    timer = threading.Timer(seconds, clock.stop.set)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
