"""What throttles look through: sessions of their own, and what they may know of the backfill that they hold back."""

from collections.abc import Callable
from dataclasses import dataclass, field

from migrator.backfill.pace import Pace
from migrator.backfill.throttles.throttle import Reading, unknown
from migrator.clock import Clock
from migrator.errors import DatabaseFailed
from migrator.events import Events
from migrator.names import TableName
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.reopened import ReopenedSession


class SignalSession(ReopenedSession):
    """A connection through which throttles of one thread look, apart from the one that runs batches."""

    def read(self, look: Callable[[Connection], Reading], throttle: str) -> Reading:
        """Return what `look` says; a signal that cannot be read is over the limit."""
        try:
            return self.look(look)
        except DatabaseError as exc:
            cause = exc.diag.message_primary or (str(exc).strip().splitlines() or [type(exc).__name__])[-1]
            return unknown(throttle, cause)
        except DatabaseFailed as exc:
            return unknown(throttle, exc.situation)


@dataclass(slots=True)
class Rhythm:
    """When the last batch began and ended, on the monotonic clock; written between batches only."""

    let_go_at: float | None = None
    came_back_at: float | None = None

    @property
    def work_seconds(self) -> float:
        """How long the last batch took."""
        if self.let_go_at is None or self.came_back_at is None:
            return 0.0
        return max(0.0, self.came_back_at - self.let_go_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleContext:
    """What a throttle may use."""

    migration: str
    name: str
    table: TableName
    pace: Pace
    connect: Callable[[], Connection]
    """Opens one more session to the primary."""
    session: SignalSession
    """For throttles that are read between batches."""
    background: SignalSession
    """For throttles that look at the database in the background, all in one thread."""
    clock: Clock
    events: Events
    replicas: frozenset[str] = frozenset()
    """Names of replicas that must be connected, from the settings."""
    rhythm: Rhythm = field(default_factory=Rhythm)
