"""How far one backfill is, as shown: rate, time left, and what it waited for.

The rate counts keys passed, over time with pauses in it: an estimate that leaves out the time spent waiting for a
replica is a promise that nobody keeps.
"""

import math
from dataclasses import dataclass, field
from typing import cast

from migrator.events import Event

_RATE_SECONDS = 20.0
"""Time over which the rate forgets: long enough for pauses to count, short enough to follow a change."""
_ETA_FROM, _DUE_FROM = 0.01, 0.99
_MINUTE, _HOUR = 60, 3600


@dataclass(slots=True)
class Standing:
    """How far one backfill is, as shown."""

    name: str
    keys: int = 0
    total: int | None = None
    batch_size: int = 0
    rate: float = 0.0
    """Keys per second, smoothed, pauses included."""
    reason: str = ""
    """Why it waits; empty while it works."""
    paused_seconds: float = 0.0
    throttled: dict[str, float] = field(default_factory=dict[str, float])
    """Seconds waited, by throttle; those of several workers are added up."""
    started_at: float = 0.0
    workers: int = 1
    """Of this process; each waits for itself."""
    measured_at: float = 0.0
    measured_keys: int = 0
    _recent: tuple[float, float] = (0.0, 0.0)
    """Keys and seconds, those long ago weighing less: two events in one millisecond do not make a rate."""

    def measure(self, now: float) -> None:
        """Take the keys passed since the last call into the rate."""
        seconds = now - self.measured_at
        if seconds <= 0:
            return
        weight, (keys, passed) = math.exp(-seconds / _RATE_SECONDS), self._recent
        self._recent = keys * weight + self.keys - self.measured_keys, passed * weight + seconds
        self.rate = max(0.0, self._recent[0] / self._recent[1])
        self.measured_at, self.measured_keys = now, self.keys

    @property
    def share(self) -> float | None:
        """Part done, None without an estimate; more rows than estimated are still not the end."""
        return min(self.keys / self.total, 1.0) if self.total else None

    @property
    def eta_state(self) -> str:
        """`none` without an estimate, `measuring` at first, `ready` with a time, `due` at the end."""
        if self.share is None:
            return "none"
        if self.share > _DUE_FROM:
            return "due"
        return "measuring" if self.share < _ETA_FROM or self.rate <= 0 else "ready"

    @property
    def eta(self) -> str:
        """Time left in words: empty while nobody can know, `due` at the end."""
        if self.eta_state == "ready" and self.total is not None:
            return duration((self.total - self.keys) / self.rate)
        return "due" if self.eta_state == "due" else ""

    @property
    def throttled_shares(self) -> dict[str, float]:
        """Share of the workers' time since the start that each throttle took, the largest first."""
        passed = max(self.measured_at - self.started_at, 1e-9) * self.workers
        longest = sorted(self.throttled.items(), key=lambda pair: -pair[1])
        return {throttle: min(seconds / passed, 1.0) for throttle, seconds in longest}

    @property
    def state(self) -> str:
        """What it does, in one phrase."""
        return f"waiting {duration(self.paused_seconds)}: {self.reason}" if self.reason else "running"


def amount(number: float) -> str:
    """Return `950`, `8.1k`, `31.2M` or `1.3G`."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.0f}"


def duration(seconds: float) -> str:
    """Return `40s`, `12m` or `3h05m`."""
    if seconds < _MINUTE:
        return f"{seconds:.0f}s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f}m"
    return f"{int(seconds // _HOUR)}h{int(seconds % _HOUR // _MINUTE):02d}m"


def counted(event: Event) -> dict[str, float]:
    """Return the seconds of waiting that the event is the first to tell, by throttle."""
    return dict(cast("dict[str, float]", event.data.get("counted") or {}))
