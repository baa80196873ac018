"""The answer of a throttle: go on, or wait and why. A signal that cannot be read counts as over the limit."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a signal: `is_over` makes the backfill wait; `reason` is for the operator, in words."""

    throttle: str
    is_over: bool
    reason: str = ""


class Throttle(Protocol):
    """A signal that is read between batches, never inside one."""

    @property
    def name(self) -> str:
        """The file's name with dashes: `replica-lag`."""
        ...

    def read(self) -> Reading:
        """Look at the signal; never raises for a signal that cannot be read: that is over the limit, with the cause."""
        ...
