"""Waits while any replica is behind by more than `max_lag`, is missing, or cannot be measured.

Long before that it holds batches back so that no more log is on its way to a replica than it replays in half of
`max_lag`. Over the limit it goes on below half of it, so that it does not flutter. A replica that was ever seen must be
there until an operator says otherwise (`migrator backfill forget-replica NAME`): one that vanished shows no lag at all.
One that has log on its way and answers nothing for two seconds is taken for hung, whatever lag it told last.
"""

from collections.abc import Iterator

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, unknown
from migrator.backfill.wal_window import WalWindow
from migrator.config import format_duration, format_size
from migrator.pg.driver import Connection
from migrator.pg.lag import IdleSlot, LagMeter, LagReading, ReplicaLag
from migrator.state import backfills

_RESUME_SHARE = 0.5
_SILENT_SECONDS = 2.0
_SOON_SECONDS = 0.03
_SETTLE_SECONDS = 1.0
_FORGET = "migrator backfill forget-replica"


class ReplicaLagThrottle:
    """Looks several times within a batch; while it holds back, thirty times a second."""

    name = "replica-lag"
    interval_seconds = 0.15

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._meter = LagMeter(context.clock)
        self._window = WalWindow(context.rhythm)
        self._recorded: frozenset[str] = frozenset()
        self._late: frozenset[str] = frozenset()
        """Replicas that were over the limit and are not below half of it yet."""
        self._settled_at: float | None = None

    def read(self) -> Reading:
        """Return over the limit, with the worst replica and its lag in the reason."""
        return self._context.background.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        measured = self._meter.measure(connection)
        if measured.problem:
            return unknown(self.name, measured.problem)
        self._window.take(measured.written)
        lags = {replica.name: replica.seconds for replica in measured.replicas}
        reasons = list(self._reasons(connection, measured))
        if reasons:
            self._meter.nudge(connection)
            return self._held(reasons, measured, lags)
        is_tight = any(self._is_tight(replica) for replica in measured.replicas)
        soon = _SOON_SECONDS if is_tight else None
        return Reading(self.name, is_over=False, reason="", is_tight=is_tight, again_seconds=soon, figures=lags)

    def _held(self, reasons: list[str], measured: LagReading, lags: dict[str, float]) -> Reading:
        """Say why; what is on its way when we begin to look may have been written just now, and is not told at once."""
        now = self._context.clock.monotonic()
        if self._settled_at is None:
            self._settled_at = now + _SETTLE_SECONDS
        is_settling = now < self._settled_at and any(not replica.is_exact for replica in measured.replicas)
        return Reading(
            self.name,
            is_over=True,
            reason="; ".join(reasons),
            is_brief=is_settling,
            again_seconds=_SOON_SECONDS,
            figures=lags,
        )

    def _reasons(self, connection: Connection, measured: LagReading) -> Iterator[str]:
        present = frozenset(replica.name for replica in measured.replicas)
        expected, forgotten = self._known(connection, present)
        for name in sorted(expected - present):
            yield f"replica {name} is not connected (if it was removed on purpose, or promoted: {_FORGET} {name})"
        for slot in measured.idle_slots:
            if slot.name not in forgotten:
                yield _idle(slot)
        late = [(replica, reason) for replica in measured.replicas if (reason := self._lateness(replica))]
        self._late = frozenset(replica.name for replica, _ in late if self._is_late(replica))
        for replica in measured.replicas:
            yield from (reason for found, reason in late if found is replica)
            if not any(found is replica for found, _ in late):
                yield from self._fullness(replica)

    def _known(self, connection: Connection, present: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        for name in sorted(present - self._recorded):
            backfills.saw_replica(connection, name)
        self._recorded = present
        expected, forgotten = backfills.known_replicas(connection)
        return expected | (self._context.replicas - forgotten), forgotten

    @property
    def _limit_seconds(self) -> float:
        return self._context.pace.now.max_lag.total_seconds()

    @property
    def _max_lag(self) -> str:
        return format_duration(self._context.pace.now.max_lag)

    def _is_late(self, replica: ReplicaLag) -> bool:
        share = _RESUME_SHARE if replica.name in self._late else 1.0
        return replica.seconds > self._limit_seconds * share

    def _lateness(self, replica: ReplicaLag) -> str:
        if replica.bytes_behind is None:
            return f"replica {replica.name} has told no position yet ({replica.state})"
        if replica.seconds > self._limit_seconds:
            return f"replica {replica.name} is {replica.seconds:.1f} s behind, over max_lag {self._max_lag}"
        if replica.silent_seconds > _SILENT_SECONDS:
            return (
                f"replica {replica.name} has answered nothing for {replica.silent_seconds:.1f} s with "
                f"{format_size(replica.bytes_behind)} on the way to it: it may hang"
            )
        if not replica.is_exact:
            return f"replica {replica.name} is {format_size(replica.bytes_behind)} behind, since when is not known yet"
        if self._is_late(replica):
            return f"replica {replica.name} is {replica.seconds:.1f} s behind, not yet under half of {self._max_lag}"
        return ""

    def _fullness(self, replica: ReplicaLag) -> Iterator[str]:
        window = self._window.at(replica, self._limit_seconds)
        if window is not None and window.is_full:
            yield (
                f"replica {replica.name} has {format_size(replica.bytes_behind or 0)} to replay, and replays "
                f"{format_size(window.size)} in half of max_lag {self._max_lag}"
            )

    def _is_tight(self, replica: ReplicaLag) -> bool:
        window = self._window.at(replica, self._limit_seconds)
        return window is not None and window.is_tight


def _idle(slot: IdleSlot) -> str:
    what = f"if it is unused: drop it, or {_FORGET} {slot.name}"
    if slot.wal_status == "lost":
        return f"replication slot {slot.name} has lost its log: the replica must be made anew ({what})"
    return f"replication slot {slot.name} has no replica on it ({what})"


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return ReplicaLagThrottle(context)
