"""What a run or a verification of one backfill is given, in one value; made by the phase engine, the CLI and tests."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from migrator.backfill.pace import Pace
from migrator.backfill.retries import open_session
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.throttles.throttle import Throttle
from migrator.backfill.throttling import SignalSession, ThrottleContext, Throttling, build_throttles
from migrator.clock import Clock
from migrator.config import BackfillSettings
from migrator.events import EventKind, Events
from migrator.pg.driver import Connection

_DEFAULTS = BackfillSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillRequest:
    """One backfill of one migration, and the world in which it runs."""

    connect: Callable[[], Connection]
    """Opens a session to the primary; two are opened: for batches, and for throttles to look through."""
    migration: str
    spec: BackfillSpec
    clock: Clock
    events: Events
    settings: BackfillSettings = _DEFAULTS
    replicas: frozenset[str] = frozenset()
    """Names of replicas that must be connected, from the settings; those ever seen are known anyway."""
    throttles: Sequence[Throttle] | None = None
    """None: every throttle that there is a file for."""
    reconnect_seconds: float = 60.0
    """How long a server may stay away before the run fails."""

    @property
    def name(self) -> str:
        """The backfill's name."""
        return self.spec.name

    @property
    def pace(self) -> BackfillSettings:
        """The settings with the backfill's own limits."""
        return self.spec.pace(self.settings)

    @property
    def target_seconds(self) -> float:
        """How long one batch should take."""
        return self.pace.target_batch.total_seconds()

    def throttling(self, stack: ExitStack, note: Callable[[str | None], None]) -> Throttling:
        """Return the throttles, their sessions closed with the stack; `note` records why it waits."""
        connect = partial(open_session, self.connect)
        context = ThrottleContext(
            migration=self.migration,
            name=self.name,
            table=self.spec.table_name,
            pace=Pace(self.pace),
            connect=connect,
            session=SignalSession(connect),
            background=SignalSession(connect),
            clock=self.clock,
            events=self.events,
            replicas=self.replicas,
        )
        throttling = Throttling(build_throttles(context) if self.throttles is None else self.throttles, context, note)
        stack.callback(throttling.close)
        return throttling

    def tell(self, kind: EventKind, **data: object) -> None:
        """Emit an event of this backfill."""
        self.events.emit(kind, self.migration, name=self.name, **data)
