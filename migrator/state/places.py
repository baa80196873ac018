"""Where a walk along a key stands, as it is stored: the last key passed, and the window of keys after it.

A window is gone over several times, each time for one stripe of its rows, so "the last key passed" alone does not say
what is done. Used by the record of a whole backfill and by that of a range of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

Key = tuple[str, ...]
"""A key's values as text, in key order."""


@dataclass(frozen=True, slots=True)
class Window:
    """The keys after the checkpoint up to `upto`, in the middle of being gone over."""

    upto: Key
    stripes: int
    """How many times it is gone over."""
    stripe: int = 0
    """Those before it are done for the whole window."""
    at: Key | None = None
    """The last key passed in this stripe; None: its first batch is still to come."""
    is_even: bool = False
    """Whether stripes are told apart by the key itself; else by its hash."""
    keys: int | None = None
    """How many keys it has, where they were counted."""

    def passed(self, upto: Key) -> "Window":
        """Return the window when keys up to `upto` are done in this stripe."""
        return replace(self, at=upto)

    def next_stripe(self) -> "Window":
        """Return the window at the beginning of its next stripe."""
        return replace(self, stripe=self.stripe + 1, at=None)

    def stored(self) -> dict[str, Any]:
        """Return the value of the column `key_window`."""
        at = None if self.at is None else list(self.at)
        counts = {"stripes": self.stripes, "stripe": self.stripe}
        return {"upto": list(self.upto), **counts, "at": at, "is_even": self.is_even, "keys": self.keys}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Window":
        """Return the window of the column's value."""
        at = None if stored["at"] is None else tuple(stored["at"])
        counts = (stored["stripes"], stored["stripe"])
        return cls(tuple(stored["upto"]), *counts, at, stored["is_even"], stored["keys"])


@dataclass(frozen=True, slots=True)
class Place:
    """The last key up to which every row is done, and the window after it, if one is begun."""

    checkpoint: Key | None = None
    """None before the first."""
    window: Window | None = None

    @property
    def passed(self) -> Key | None:
        """The last key that the next batch does not look at again in its stripe."""
        return self.checkpoint if self.window is None or self.window.at is None else self.window.at


@dataclass(frozen=True, slots=True)
class Advance:
    """A batch's step from one place to the next; `keys` were passed, `rows` of them changed."""

    old: Place
    new: Place
    keys: int
    rows: int
    batch_size: int
