"""How far each physical replica is behind, in seconds of the primary's own time.

`replay_lag` of pg_stat_replication is not enough: it is NULL when idle, and it stays frozen at a small value while
a replica hangs. So the meter remembers when the primary's log passed which position; a replica is as late as the
time since the log passed what it has replayed. One clock, no false zero, no false alarm on an idle primary.
"""

from collections import deque
from dataclasses import dataclass

from migrator.clock import Clock
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query
from migrator.pg.replay_rate import ReplayRate

_MOST_SAMPLES = 4096
"""A quarter of an hour at four readings a second; a replica that is further behind is long over any limit."""


@dataclass(frozen=True, slots=True)
class ReplicaLag:
    """One replica; while `is_exact` is false `seconds` is the least that it can be, and says nothing good."""

    name: str
    state: str
    seconds: float
    bytes_behind: int | None
    """None when the replica has told no position yet."""
    is_exact: bool = True
    silent_seconds: float = 0.0
    """Since when it has told nothing although log is on its way to it, as far as we have looked."""
    replay_rate: float | None = None
    """Bytes per second, while it has something to replay; None until that was seen."""


@dataclass(frozen=True, slots=True)
class IdleSlot:
    """A physical slot with nobody on it; `wal_status` is PostgreSQL's word for what is left of its log."""

    name: str
    wal_status: str


@dataclass(frozen=True, slots=True)
class LagReading:
    """All that one look showed; with a `problem` the rest says nothing."""

    replicas: tuple[ReplicaLag, ...] = ()
    idle_slots: tuple[IdleSlot, ...] = ()
    problem: str = ""
    written: int = 0
    """The position up to which the primary's log is on disk, in bytes."""


class LagMeter:
    """Measures through whatever connection it is given; the memory of positions is its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._passed: deque[tuple[float, int]] = deque()
        self._answers: dict[str, tuple[object, float]] = {}
        """By name: the replica's own stamp on its last answer, and when we first saw it. Its clock is not ours."""
        self._rates: dict[str, ReplayRate] = {}

    def measure(self, connection: Connection) -> LagReading:
        """Look once.

        Raises:
            DatabaseError: the connection is gone; the caller counts that as over the limit.
        """
        position = connection.execute(query("lag.position")).fetchone() or Row()
        if position.get("flushed") is None:
            return LagReading(problem="this server is a replica itself; connect to the primary")
        now = self._clock.monotonic()
        senders = connection.execute(query("lag.walsenders")).fetchall()
        slots = tuple(IdleSlot(**row) for row in connection.execute(query("lag.idle_slots")))
        if senders and not position["may_read"]:
            role = position["role"]
            return LagReading(
                problem=f"role {role} may not read the lag of replicas; run: GRANT pg_read_all_stats TO {role}"
            )
        flushed = int(position["flushed"])
        self._remember(now, flushed)
        replicas = tuple(self._lag(name, row, now, flushed) for name, row in _named(senders))
        self._forget(min((row["replayed"] or 0 for row in senders), default=flushed))
        return LagReading(replicas, slots, written=flushed)

    def nudge(self, connection: Connection) -> None:
        """Write a few bytes of log: a replica tells its position when log arrives, or when it has nothing to replay.

        While a backfill waits, nothing may arrive for ten seconds, and what a replica has replayed would stay unseen.
        """
        connection.execute(query("lag.nudge"))

    def _lag(self, name: str, row: Row, now: float, flushed: int) -> ReplicaLag:
        state, replayed = row["state"] or "unknown", row["replayed"]
        if replayed is None:
            return ReplicaLag(name, state, 0.0, None, is_exact=False)
        behind = max(0, flushed - int(replayed))
        rate = self._rates.setdefault(name, ReplayRate())
        rate.take(now, int(replayed), behind)
        silent = self._silence(name, row["answered"], now, is_waiting=behind > 0)
        if behind == 0:
            return ReplicaLag(name, state, 0.0, 0, replay_rate=rate.rate)
        # What lies before our first sample was written nobody knows when: at least that long ago.
        is_exact = int(replayed) >= self._passed[0][1]
        seconds = next((now - at for at, position in self._passed if position > int(replayed)), 0.0)
        seconds = max(seconds, row["replay_lag_seconds"] or 0.0)
        return ReplicaLag(name, state, seconds, behind, is_exact, silent, rate.rate)

    def _silence(self, name: str, answered: object, now: float, *, is_waiting: bool) -> float:
        """Return the seconds since it told anything; one that has nothing to tell is not silent."""
        stamp, since = self._answers.get(name, (None, now))
        if stamp != answered or not is_waiting:
            since = now
        self._answers[name] = (answered, since)
        return now - since

    def _remember(self, now: float, flushed: int) -> None:
        if self._passed and flushed < self._passed[-1][1]:
            self._passed.clear()  # another server answers now (failover); its positions are its own
        if not self._passed or flushed > self._passed[-1][1]:
            self._passed.append((now, flushed))
        if len(self._passed) > _MOST_SAMPLES:
            self._passed = deque([sample for n, sample in enumerate(self._passed) if n % 2 == 0])

    def _forget(self, oldest_replayed: int) -> None:
        """Drop what every replica has passed, except the last such sample: it bounds the next one's age."""
        while len(self._passed) > 1 and self._passed[1][1] <= oldest_replayed:
            self._passed.popleft()


def _named(senders: list[Row]) -> list[tuple[str, Row]]:
    """Give the second replica of one name `#2`, so that one of two that vanishes is missed."""
    count: dict[str, int] = {}
    named: list[tuple[str, Row]] = []
    for row in senders:
        name = str(row["name"])
        count[name] = count.get(name, 0) + 1
        named.append((name if count[name] == 1 else f"{name}#{count[name]}", row))
    return named
