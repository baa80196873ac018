"""How many keys the next batch takes: fast attack, slow release.

Pure: the runner tells what a batch cost and asks for the next size. The cost per key rises at once and falls slowly,
so that one lucky batch does not balloon the next and one slow batch shrinks it. Simulated against five other
controllers in the project's reference: it reaches the target after 0.8 s and has one bad batch after a step.
"""

import math
from dataclasses import dataclass, replace

SMALLEST = 100
LARGEST = 50_000
_RISING, _FALLING = 0.5, 0.2
_GROWTH = 1.5
_DEAD_BAND = 0.1
_OUTLIER = 3
"""A batch this many times over the target tells more than all history: the cost starts anew from it."""
_DENSE = 0.5
"""Share of changed rows from which a batch says what changing a row costs."""
_UNTOUCHED_GROWTH = 5
"""Keys whose rows need no change are cheap to pass over, but the next stretch may be dense: a batch grows to at most
this many times what changed rows would allow, so the one that meets it stays within `statement_timeout`."""
_TIMEOUT_SHRINK = 4
_SMALLER = 0.8
"""A batch of fewer keys than that share of the one before shows what fewer keys save. Where the time falls by less than
the square root of the share (half the keys, more than 0.71 of the time), most of it is round trips and COMMIT: even
fewer keys would make the backfill crawl and nobody wait less."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """The controller's state; every method returns the next state."""

    target_seconds: float
    size: int
    """Keys of the next batch."""
    smallest: int
    key_cost: float
    """Seconds per key, smoothed; from the start size until the first batch was measured."""
    row_cost: float
    """Seconds per changed row, smoothed, measured only in batches where most rows changed."""
    is_measured: bool = False
    last: tuple[int, float] = (0, 0.0)
    """Keys and seconds of the batch before."""
    least: int = 1
    """Keys below which a batch was hardly faster."""

    @classmethod
    def start(cls, target_seconds: float, size: int) -> "Sizing":
        """Begin with `size` keys, on the word of the person who set it."""
        size = max(1, min(size, LARGEST))
        cost = target_seconds / size
        return cls(target_seconds, size, min(size, SMALLEST), key_cost=cost, row_cost=cost)

    def aimed_at(self, target_seconds: float) -> "Sizing":
        """Take another target, for what is known of the cost."""
        aimed = replace(self, target_seconds=target_seconds)
        return replace(aimed, size=aimed._next_size()) if self.is_measured else aimed

    def resized(self, size: int) -> "Sizing":
        """Begin again with `size` keys, on the word of the person who set it."""
        return Sizing.start(self.target_seconds, size)

    def after_batch(self, keys: int, rows: int, seconds: float) -> "Sizing":
        """Learn from a committed batch of `keys` keys, `rows` of them changed, that took `seconds` of work.

        Time spent waiting for throttles is not work and must not be in `seconds`.
        """
        if keys <= 0:
            return self
        is_outlier = seconds > _OUTLIER * self.target_seconds
        key_cost = self._smoothed(self.key_cost, seconds / keys, is_outlier=is_outlier)
        row_cost = self.row_cost
        if rows >= keys * _DENSE:
            row_cost = self._smoothed(self.row_cost, seconds / rows, is_outlier=is_outlier)
        last_keys, last_seconds = self.last
        is_in_vain = keys <= _SMALLER * last_keys and seconds >= last_seconds * math.sqrt(keys / last_keys)
        least = last_keys if is_in_vain else self.least
        learned = replace(
            self, key_cost=key_cost, row_cost=row_cost, is_measured=True, last=(keys, seconds), least=least
        )
        return replace(learned, size=learned._next_size())

    def after_timeout(self) -> "Sizing":
        """Shrink after a batch that was cut by a timeout or lost a deadlock; its cost is unknown but high."""
        return replace(self, size=max(1, self.size // _TIMEOUT_SHRINK), least=1)

    def _smoothed(self, old: float, new: float, *, is_outlier: bool) -> float:
        if is_outlier or not self.is_measured:
            return new
        weight = _RISING if new > old else _FALLING
        return old + weight * (new - old)

    def _next_size(self) -> int:
        wanted = self.target_seconds / max(self.key_cost, self.row_cost / _UNTOUCHED_GROWTH, 1e-9)
        if abs(wanted - self.size) <= _DEAD_BAND * self.size:
            return self.size
        floor = max(1, min(self.smallest, max(self.least, int(_OUTLIER * wanted))))
        size = max(floor, min(int(wanted), LARGEST))
        return max(1, min(size, max(self.size + 1, int(self.size * _GROWTH))))
