"""One step while it is being run: what each part of the executor needs to look, to wait and to tell.

Made by the executor for each step and handed to the wait for strong locks and to the watch over weak statements.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from migrator.clock import Clock
from migrator.config import LockSettings
from migrator.events import EventKind, Events
from migrator.pg.blocker import Blocker
from migrator.pg.driver import Connection
from migrator.pg.session import DdlSession
from migrator.phases.at_use import AtUse
from migrator.phases.blocker_policy import cancel_allowed
from migrator.phases.steps import Step
from migrator.state.store import Store


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step, the session that runs it, and who is told."""

    step: Step
    session: DdlSession
    store: Store
    clock: Clock
    events: Events
    settings: LockSettings
    gates: AtUse | None = None
    """Asked before each try, where the step may be the first that takes something away."""

    def ask_gates(self) -> None:
        """Ask the gates, outside of the step's transaction; their answers go into its audit row.

        Raises:
            ContractShut: one is not open.
        """
        if self.gates is None:
            return
        self.gates.check()
        if not self.step.is_transactional:  # its record comes after it: what it rested on is written before
            detail = {"phase": self.step.phase, "step": self.step.number, **self.gates.snapshot}
            self.store.audit("gate.evaluated", self.session.migration, detail)

    @property
    def connection(self) -> Connection:
        """The session's connection."""
        return self.session.connection

    @property
    def what(self) -> str:
        """The tables that are locked, or the step's name when there are none."""
        return ", ".join(str(table) for table in self.step.tables) or self.step.name

    def emit(self, kind: EventKind, **data: object) -> None:
        """Tell the listeners, with the step's place and name."""
        step = self.step
        values = {"phase": step.phase, "number": step.number, "name": step.name, **data}
        self.events.emit(kind, self.session.migration, **values)

    def tell_blockers(self, found: Iterable[Blocker]) -> None:
        """Tell who blocks the step now."""
        blockers = [blocker.as_json() for blocker in found]
        if blockers:
            self.emit(EventKind.LOCK_BLOCKED, blockers=blockers)

    def cancel_blockers(self, found: Iterable[Blocker]) -> None:
        """End what stands in the way, as far as `[locks] on_blocked` allows; called while our session waits."""
        asked = tuple(blocker.pid for blocker in found if blocker.pid is not None)
        if not asked or self.settings.on_blocked == "wait":
            return
        actor, migration = self.store.actor, self.session.migration
        done = self.session.observer.ask(lambda c: cancel_allowed(c, actor, migration, asked, self.settings))
        for cancelled in done or ():
            session = cancelled.session
            self.emit(
                EventKind.BLOCKER_CANCELLED,
                pid=session.pid,
                application=session.application or "",
                role=session.role or "",
                reason=cancelled.reason,
            )
