"""The answer of a throttle: go on, wait and why, or not known, which counts as over the limit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from migrator.errors import MigratorError


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a signal: `is_over` makes the backfill wait; `reason` is for the operator, in words."""

    throttle: str
    is_over: bool
    reason: str = ""
    is_unknown: bool = False
    """Over the limit only because it could not be read; `ignore_unknown` lets the backfill go on."""
    is_brief: bool = False
    """A wait that is part of the pace and ends by itself: it is counted and not reported as a pause."""
    is_tight: bool = False
    """So near to the limit that the next batch needs a look that was taken after the last one."""
    again_seconds: float | None = None
    """When it is worth looking again; None: as often as throttles are looked at while waiting."""
    end: MigratorError | None = None
    """The run ends with this instead of waiting."""
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    """What was measured, such as the lag of each replica."""


class Throttle(Protocol):
    """A signal; read between batches, or in the background when it says how often with `interval_seconds`."""

    @property
    def name(self) -> str:
        """The file's name with dashes: `replica-lag`."""
        ...

    def read(self) -> Reading:
        """Look at the signal; never raises for a signal that cannot be read: that is over the limit, with the cause."""
        ...


def clear(throttle: str, **figures: float) -> Reading:
    """Return that the backfill may go on."""
    return Reading(throttle, is_over=False, figures=figures)


def over(throttle: str, reason: str, **figures: float) -> Reading:
    """Return that the backfill waits."""
    return Reading(throttle, is_over=True, reason=reason, figures=figures)


def unknown(throttle: str, cause: str) -> Reading:
    """Return that the signal could not be read, which is over the limit."""
    return Reading(throttle, is_over=True, reason=f"{throttle} cannot be read: {cause}", is_unknown=True)
