"""What `migrator reconcile` does about the differences: the record corrected, leftovers dropped, a person's word kept.

Only what the catalog proves is recorded, and only statements that block nobody are run; the rest is `resume`'s, or a
person's. Everything is done with the runner's lock of the migration held, and leaves an audit row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrator.clock import Clock
from migrator.config import LockSettings
from migrator.errors import InputError, LeaseHeld, ManifestError, Refused
from migrator.pg.connection import connect
from migrator.pg.driver import Connection
from migrator.pg.failures import translated
from migrator.pg.orphans import Orphan, cancel_orphan, find_orphan
from migrator.pg.session import open_session
from migrator.phases.differences import Difference, Remedy
from migrator.phases.execution import Timeouts, session_timeouts
from migrator.phases.folder import Migration, load_migration, migration_paths
from migrator.state.approvals import SHORTEST_REASON
from migrator.state.install import require_installed
from migrator.state.records import StepRecord
from migrator.state.store import Store

_OPEN = {"running", "failed", "interrupted"}
_POLL_SECONDS = 0.2
_CLEAN_LOCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Acts on the database of `dsn` for one actor."""

    dsn: str
    settings: LockSettings
    clock: Clock
    actor: str

    def apply(self, found: Iterable[Difference]) -> tuple[Difference, ...]:
        """Do what is safe, migration by migration; return the differences that were put right.

        Raises:
            LeaseHeld: a runner is at work on one of the migrations.
            DatabaseFailed: a clean-up was refused.
        """
        safe = [item for item in found if item.remedy in {Remedy.RECORD, Remedy.CLEAN}]
        for migration in dict.fromkeys(item.migration for item in safe):
            self._apply(migration, [item for item in safe if item.migration == migration])
        return tuple(safe)

    def _apply(self, migration: str, items: Sequence[Difference]) -> None:
        wait = self.settings.runner_wait.total_seconds()
        with (
            open_session(self.dsn, migration, self.clock, wait) as session,
            session.ddl_turn(),
            translated(f"Reconciling {migration}"),
        ):
            store = Store(session.connection, self.actor)
            for item in items:
                self.clock.check_stop(f"before {item.subject}")
                _put_right(store, item)

    def cancel_orphans(self, migration: str) -> tuple[Orphan, ...]:
        """Cancel what sessions of dead runners still do for this migration, and wait until they have ended.

        Nobody but a person knows that the runner is dead; a live one would report that its statement was cancelled.

        Raises:
            LeaseHeld: a session did not end within `[locks] runner_wait`.
        """
        with connect(self.dsn, application_name="migrator/reconcile") as connection, translated("Cancelling orphans"):
            require_installed(connection)
            store = Store(connection, self.actor)
            found = orphans(connection, store.all_steps(migration))
            for step, orphan in found:
                detail = {"phase": step.phase, "step": step.number, "pid": orphan.pid, "query": orphan.query}
                store.audit("orphan.cancelled", migration, detail)
                cancel_orphan(connection, orphan)
            self._wait_for_end(connection, migration, [orphan for _, orphan in found])
        return tuple(orphan for _, orphan in found)

    def _wait_for_end(self, connection: Connection, migration: str, cancelled: Sequence[Orphan]) -> None:
        ends_at = self.clock.monotonic() + self.settings.runner_wait.total_seconds()
        for orphan in cancelled:
            while find_orphan(connection, orphan.pid, orphan.backend_start) is not None:
                if self.clock.monotonic() >= ends_at:
                    raise LeaseHeld(
                        f"{orphan} was cancelled and is still connected.",
                        f"Its runner may be alive: look for it. Else wait, then `migrator resume {migration}`.",
                    )
                self.clock.wait(_POLL_SECONDS, f"pid {orphan.pid} is ending")

    def decide(self, migration: str, phase: str | None, number: int, *, is_done: bool, reason: str) -> StepRecord:
        """Record a person's word on a step whose outcome nothing tells; return the record as it was.

        Raises:
            InputError: no such step, or a reason that says nothing.
            Refused: the step has ended already, or several phases have one of that number in question.
            LeaseHeld: its session is still at work.
        """
        if len(reason.strip()) < SHORTEST_REASON:
            raise InputError(
                f"The reason {reason!r} is shorter than {SHORTEST_REASON} characters.", "Say what was looked at."
            )
        wait = self.settings.runner_wait.total_seconds()
        with (
            open_session(self.dsn, migration, self.clock, wait) as session,
            translated(f"Deciding step {number} of {migration}"),
        ):
            require_installed(session.connection)
            store = Store(session.connection, self.actor)
            step = _one_step(store.all_steps(migration), migration, phase, number)
            for _, orphan in orphans(session.connection, [step]):
                raise LeaseHeld(f"The step is at work: {orphan}.", "Wait for it, or end it with --cancel-orphan.")
            _record_word(store, step, is_done=is_done, reason=reason.strip())
        return step


def readable(migrations: Path) -> tuple[tuple[Migration, ...], tuple[str, ...]]:
    """Return the migrations of the folder, and in words those that cannot be read: one must not hide the others."""
    found: list[Migration] = []
    problems: list[str] = []
    for path in migration_paths(migrations):
        try:
            found.append(load_migration(path))
        except ManifestError as exc:
            problems.append(exc.situation)
    return tuple(found), tuple(problems)


def orphans(connection: Connection, steps: Iterable[StepRecord]) -> tuple[tuple[StepRecord, Orphan], ...]:
    """Return the steps recorded as running whose session is still there."""
    found: list[tuple[StepRecord, Orphan]] = []
    for step in steps:
        if step.state == "running" and step.backend_pid is not None and step.backend_start is not None:
            orphan = find_orphan(connection, step.backend_pid, step.backend_start)
            found += [(step, orphan)] if orphan else []
    return tuple(found)


def _put_right(store: Store, item: Difference) -> None:
    detail = {"subject": item.subject, "situation": item.situation, "sql": list(item.sql)}
    for text in item.sql:
        with session_timeouts(store.connection, Timeouts(_CLEAN_LOCK_SECONDS)):
            store.connection.execute(text.encode())
    with store.connection.transaction():
        store.audit("reconcile.applied", item.migration, detail)
        if item.step:
            state = "done" if item.is_done else "interrupted"
            store.end_step(item.migration, item.phase, item.step, state, None if item.is_done else item.situation)


def _one_step(steps: Iterable[StepRecord], migration: str, phase: str | None, number: int) -> StepRecord:
    found = [step for step in steps if step.number == number and phase in (None, step.phase)]
    if not found:
        where = f" of {phase}" if phase else ""
        raise InputError(f"{migration} has no record of a step {number}{where}.", "`migrator reconcile` lists them.")
    asked = [step for step in found if step.state in _OPEN]
    if len(asked) != 1:
        problem = "has ended already" if not asked else "is in question in several phases"
        raise Refused(f"Step {number} of {migration} {problem}.", "Name the --phase; look at `migrator reconcile`.")
    return asked[0]


def _record_word(store: Store, step: StepRecord, *, is_done: bool, reason: str) -> None:
    word = "done" if is_done else "not done"
    detail = {"phase": step.phase, "step": step.number, "name": step.name, "decided": word, "reason": reason}
    with store.connection.transaction():
        store.audit("step.decided", step.migration, detail)
        error = None if is_done else f"{store.actor} says that it is not done: {reason}"
        store.end_step(step.migration, step.phase, step.number, "done" if is_done else "interrupted", error)
