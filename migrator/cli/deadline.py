"""`--max-runtime`: a scheduled job ends itself between two batches, before the scheduler does it in the middle."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from migrator.clock import Clock, SystemClock, after
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
    with after(seconds_of("--max-runtime", max_runtime), clock.stop.set):
        yield


def seconds_of(option: str, text: str | None) -> float:
    """Return the seconds of an option such as `30m`; 0 when it was not given.

    Raises:
        ConfigError: the text is no duration.
    """
    if text is None:
        return 0.0
    try:
        length = parse_duration(text)
    except ValueError as exc:
        raise ConfigError(f"{option}: {exc}.", "Give it as 50m or 2h.") from exc
    return length.total_seconds() if isinstance(length, timedelta) else 0.0
