"""How fast a replica replays, in bytes per second, learned while it has something to replay.

Used by `migrator.pg.lag`. A replica that waits for log shows only how fast log is written, so a span counts only when
log was waiting at both of its ends.
"""

_SPAN_SECONDS = 0.2
LEAST_WAITING = 256 * 1024
"""Less than this is what any application leaves between two looks."""
_RISING, _FALLING = 0.5, 0.3


class ReplayRate:
    """The smoothed rate of one replica; None until it was seen at work."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._began: tuple[float, int] | None = None

    def take(self, now: float, replayed: int, waiting: int) -> None:
        """Learn from a look at `now`: the position replayed, and the bytes that waited."""
        if waiting < LEAST_WAITING:
            self._ran_dry(now, replayed)
        elif self._began is None:
            self._began = (now, replayed)
        elif now - self._began[0] >= _SPAN_SECONDS:
            latest = (replayed - self._began[1]) / (now - self._began[0])
            self._began = (now, replayed)
            self._learn(max(0.0, latest))

    def _ran_dry(self, now: float, replayed: int) -> None:
        """What it replayed until it had nothing more is the least that it can do: a rate too low is raised to it."""
        if self._began is not None and self.rate is not None and now > self._began[0]:
            least = (replayed - self._began[1]) / (now - self._began[0])
            if least > self.rate:
                self._learn(least)
        self._began = None

    def _learn(self, latest: float) -> None:
        if self.rate is None:
            self.rate = latest
        else:
            self.rate += (_RISING if latest > self.rate else _FALLING) * (latest - self.rate)
