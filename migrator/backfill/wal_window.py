"""How much log may be on its way to a replica: half of what it replays within the limit of its lag.

Lag steers too late: it says how old the log is that is replayed now, and what waits behind that is already written.
Measured against a replica at half speed with a limit of 1 s, stopping and going by lag reaches 2 s, this window 0.7 s
at the same speed. Used by the throttle of replica lag.
"""

from dataclasses import dataclass

from migrator.backfill.signals import Rhythm
from migrator.pg.lag import ReplicaLag
from migrator.pg.replay_rate import LEAST_WAITING

_SHARE_OF_LIMIT = 0.5
_NEARLY_EMPTY = 0.1
"""Below this share of the window a batch may begin whatever its size: the replica must not run dry."""
_FORGET = 0.3


@dataclass(frozen=True, slots=True)
class Window:
    """What fits into one replica's window at this moment."""

    size: float
    """Bytes; the replica replays them in half of the limit."""
    is_full: bool
    """Whether another batch does not fit."""
    is_tight: bool
    """Whether it fits only as far as this look knows: after one more batch it must be looked at again."""


class WalWindow:
    """Knows what one batch writes, from the log's position before and after it."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._batch_bytes = 0.0
        self._latest: int | None = None
        self._before: tuple[float, int] | None = None
        """When the batch that is measured began, and the position then."""

    def take(self, written: int) -> None:
        """Learn from a look that found the log written up to this position."""
        began, ended = self._rhythm.let_go_at, self._rhythm.came_back_at
        if began is not None and (self._before is None or self._before[0] != began):
            self._before = (began, written if self._latest is None else self._latest)
        elif began is not None and ended is not None and self._before is not None and ended > began:
            self._learn(written - self._before[1])
        self._latest = written

    def _learn(self, size: int) -> None:
        if size > self._batch_bytes:
            self._batch_bytes = float(size)
        else:
            self._batch_bytes += _FORGET * (size - self._batch_bytes)

    def at(self, replica: ReplicaLag, limit_seconds: float) -> Window | None:
        """Return the replica's window; None while nobody knows how fast it replays."""
        if replica.replay_rate is None or replica.bytes_behind is None:
            return None
        size = replica.replay_rate * limit_seconds * _SHARE_OF_LIMIT
        waiting = replica.bytes_behind
        is_full = waiting + self._batch_bytes > size and waiting > max(_NEARLY_EMPTY * size, LEAST_WAITING)
        return Window(size, is_full, is_tight=waiting + 2 * self._batch_bytes > size)
