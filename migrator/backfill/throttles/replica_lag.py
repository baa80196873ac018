"""Waits while any replica is behind by more than `max_lag`, is missing, or cannot be measured.

Goes on below half of the limit, so that it does not flutter around it. A replica that was ever seen must be there
until an operator says otherwise (`migrator backfill forget-replica NAME`): one that vanished shows no lag at all.
"""

from collections.abc import Iterator

from migrator.backfill.throttles.throttle import Reading, Throttle
from migrator.backfill.throttling import ThrottleContext
from migrator.config import format_duration
from migrator.events import EventKind
from migrator.pg.driver import Connection
from migrator.pg.lag import LagMeter, LagReading, ReplicaLag
from migrator.state import backfills

_FRESH_SECONDS = 0.25
_RESUME_SHARE = 0.5
_SETTLE_SECONDS = 1.0
_SETTLE_POLL_SECONDS = 0.02
_FORGET = "migrator backfill forget-replica"


class ReplicaLagThrottle:
    """Keeps the last reading for a quarter of a second: a reading costs about a millisecond."""

    name = "replica-lag"

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._meter = LagMeter(context.clock)
        self._recorded: frozenset[str] = frozenset()
        self._is_holding = False
        self._latest: tuple[float, Reading] | None = None

    def read(self) -> Reading:
        """Return over the limit, with the worst replica and its lag in the reason."""
        now = self._context.clock.monotonic()
        if self._latest is None or now - self._latest[0] >= _FRESH_SECONDS:
            self._latest = (now, self._context.session.read(self._look, self.name))
            self._is_holding = self._latest[1].is_over
        return self._latest[1]

    def _look(self, connection: Connection) -> Reading:
        measured = self._settled(connection)
        for replica in measured.replicas:
            self._context.events.emit(
                EventKind.REPLICA_LAG, self._context.migration, replica=replica.name, seconds=replica.seconds
            )
        reasons = [measured.problem] if measured.problem else list(self._reasons(connection, measured))
        return Reading(self.name, is_over=bool(reasons), reason="; ".join(reasons))

    def _settled(self, connection: Connection) -> LagReading:
        """Measure; the first time, give replicas a moment to pass what was written when we began to look.

        On a busy primary the first look always finds some bytes behind and no past to judge them by.
        """
        clock = self._context.clock
        deadline = clock.monotonic() + (_SETTLE_SECONDS if self._latest is None else 0.0)
        measured = self._meter.measure(connection)
        while clock.monotonic() < deadline and any(not replica.is_exact for replica in measured.replicas):
            clock.wait(_SETTLE_POLL_SECONDS, "the lag of replicas is measured for the first time")
            measured = self._meter.measure(connection)
        return measured

    def _reasons(self, connection: Connection, measured: LagReading) -> Iterator[str]:
        present = frozenset(replica.name for replica in measured.replicas)
        expected, forgotten = self._known(connection, present)
        for name in sorted(expected - present):
            yield f"replica {name} is not connected (if it was removed on purpose: {_FORGET} {name})"
        for slot in measured.idle_slots:
            if slot not in forgotten:
                yield f"replication slot {slot} has no replica on it (if it is unused: drop it, or {_FORGET} {slot})"
        for replica in measured.replicas:
            yield from self._late(replica)

    def _known(self, connection: Connection, present: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        for name in sorted(present - self._recorded):
            backfills.saw_replica(connection, name)
        self._recorded = present
        expected, forgotten = backfills.known_replicas(connection)
        return expected | (self._context.replicas - forgotten), forgotten

    def _late(self, replica: ReplicaLag) -> Iterator[str]:
        limit = self._context.pace.max_lag.total_seconds()
        if replica.bytes_behind is None:
            yield f"replica {replica.name} has told no position yet ({replica.state})"
        elif replica.seconds > limit:
            yield f"replica {replica.name} is {replica.seconds:.1f} s behind, over max_lag {self._max_lag}"
        elif not replica.is_exact:
            megabytes = replica.bytes_behind / 1e6
            yield f"replica {replica.name} is {megabytes:.1f} MB behind, since when is not known yet"
        elif self._is_holding and replica.seconds > limit * _RESUME_SHARE:
            yield f"replica {replica.name} is {replica.seconds:.1f} s behind, not yet under half of {self._max_lag}"

    @property
    def _max_lag(self) -> str:
        return format_duration(self._context.pace.max_lag)


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return ReplicaLagThrottle(context)
