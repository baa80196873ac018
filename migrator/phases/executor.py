"""Runs one step: the decision from record and catalog, the intent, the clean-up, the statement, the record of its end.

Strong steps wait for their locks in `lock_wait`; weak ones run without `lock_timeout` under `weak_watch`; the rest
wait for catalog locks a fixed time. Called by the engine only, with the DDL turn held.
"""

from collections.abc import Generator
from contextlib import contextmanager

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

from migrator.clock import Clock
from migrator.config import LockSettings
from migrator.errors import DatabaseFailed, GateClosed, LeaseHeld, MigratorError, OutcomeUnknown, Stopped
from migrator.events import EventKind, Events
from migrator.locks import LockClass
from migrator.pg.driver import DatabaseError, errors
from migrator.pg.failures import describe, is_connection_loss, todo_of
from migrator.pg.ladder import is_retryable
from migrator.pg.misfits import misfits
from migrator.pg.orphans import Orphan, find_orphan
from migrator.pg.session import DdlSession
from migrator.phases.at_use import AtUse
from migrator.phases.decide import Decision, decide
from migrator.phases.duplicates import duplicates
from migrator.phases.execution import Timeouts, Try, session_timeouts
from migrator.phases.lock_wait import LockWait
from migrator.phases.preflight import wait_for_old_snapshots
from migrator.phases.step_run import StepRun
from migrator.phases.steps import Step
from migrator.phases.weak_watch import watched
from migrator.state.records import StepRecord
from migrator.state.store import Store
from migrator.statements.statement import Statement

_CATALOG_LOCK_SECONDS = 5.0
"""`lock_timeout` of statements that lock no table: they wait only for another DDL on the same object."""
_WEAK_TRIES = 5
_WEAK_PAUSE_SECONDS = 1.0
_RESUME = "Run `migrator resume` when the server is back: it asks the catalog what happened, and goes on."
_CLEANED = "`migrator resume` drops what the attempt left INVALID and goes on."
_CORRECT = "Correct the rows ({}), then run the same command again; nothing of this statement was kept."


class Executor:
    """Runs the steps of one migration on one session."""

    def __init__(self, session: DdlSession, store: Store, clock: Clock, events: Events, settings: LockSettings) -> None:
        self._session = session
        self._connection = session.connection
        self._store = store
        self._clock = clock
        self._events = events
        self._settings = settings

    def run(self, step: Step, gates: AtUse | None = None) -> None:
        """Bring one step to its end, or raise with the step's failure recorded.

        Raises:
            ContractShut: `gates` are given and one of them is not open.
            LockBudgetSpent, Stopped, LeaseHeld: later, or by `resume`.
            CatalogConflict, OutcomeUnknown: a person decides.
            DatabaseFailed: the server refused the statement.
        """
        migration = self._session.migration
        record = self._store.steps(migration, step.phase).get(step.number)
        if record and record.state in {"done", "skipped"}:
            return
        self._refuse_orphan(record)
        decision = decide(self._connection, step, record)
        run = StepRun(step, self._session, self._store, self._clock, self._events, self._settings, gates)
        self._intend(run)
        if not decision.run and not decision.cleanup:
            was_ours = record is not None and record.state == "running"
            self._store.end_step(migration, step.phase, step.number, "done" if was_ours else "skipped")
            run.emit(EventKind.STEP_SKIPPED, reason=decision.reason)
            return
        started = self._clock.monotonic()
        with self._end_recorded(run):
            self._clean(run, decision)
            self._perform(run, decision)
        run.emit(EventKind.STEP_DONE, seconds=self._clock.monotonic() - started)

    def _refuse_orphan(self, record: StepRecord | None) -> None:
        """Raise when the session that began the step still works on it, without the lock that would have told."""
        if record is None or record.state != "running" or record.backend_pid is None or record.backend_start is None:
            return
        orphan = find_orphan(self._connection, record.backend_pid, record.backend_start)
        if orphan is not None:
            raise _still_working(record, orphan)

    def _intend(self, run: StepRun) -> None:
        step = run.step
        self._store.intend_step(
            self._session.migration,
            step.phase,
            step.number,
            name=step.name,
            statement=step.sql,
            lock=step.lock_class.value,
        )
        self._session.name_step(f"{step.phase}/{step.number}")
        run.emit(EventKind.STEP_INTENT, lock_class=step.lock_class.value)

    def _clean(self, run: StepRun, decision: Decision) -> None:
        """Drop or finish what an earlier, interrupted attempt left; that blocks nobody."""
        for text in decision.cleanup:
            with watched(run), session_timeouts(self._connection, Timeouts(0)):
                self._connection.execute(text.encode())

    def _perform(self, run: StepRun, decision: Decision) -> None:
        step = run.step
        once = Try(
            self._connection,
            self._store,
            self._session.migration,
            step,
            decision.run,
            on_executed=lambda: run.emit(EventKind.STEP_EXECUTED),
            evidence=lambda: run.gates.snapshot if run.gates else {},
        )
        if not decision.run:
            once.finish()
        elif step.lock_class is LockClass.STRONG:
            LockWait(run).execute(once)
        else:
            wait_for_old_snapshots(run)
            run.ask_gates()
            self._retrying(step)(self._run_weak, run, once, decision.run[0])

    def _run_weak(self, run: StepRun, once: Try, statement: Statement) -> None:
        with watched(run), self._duplicates_told(statement):
            once.run(Timeouts(0 if run.step.lock_class is LockClass.WEAK else _CATALOG_LOCK_SECONDS))

    def _retrying(self, step: Step) -> Retrying:
        """Return what runs a weak step again when another session changed the same row of a catalog at that moment."""
        return Retrying(
            retry=retry_if_exception(lambda error: step.is_transactional and is_retryable(error)),
            stop=stop_after_attempt(_WEAK_TRIES),
            wait=wait_random(0, _WEAK_PAUSE_SECONDS),
            sleep=lambda seconds: self._clock.wait(seconds, f"another session was in the way of {step.name}"),
            reraise=True,
        )

    @contextmanager
    def _duplicates_told(self, statement: Statement) -> Generator[None]:
        """Drop at once the index that duplicates left: it may refuse the application's writes, and serves no query."""
        try:
            yield
        except errors.UniqueViolation as exc:
            if statement.kind != "index_stmt" or not statement.node.index_stmt.concurrent:
                raise
            raise duplicates(self._connection, statement, exc) from exc

    @contextmanager
    def _end_recorded(self, run: StepRun) -> Generator[None]:
        try:
            yield
        except DatabaseError as exc:
            failure = self._explain(run.step, exc)
            self._record_end(run, failure)
            raise failure from exc
        except MigratorError as failure:
            self._record_end(run, failure)
            raise

    def _explain(self, step: Step, exc: DatabaseError) -> DatabaseFailed:
        failure = describe(exc, f"Step {step.number} of {step.phase} ({step.name})")
        if step.is_transactional:
            rows = misfits(self._connection, exc)
            return DatabaseFailed(failure.situation, _CORRECT.format(rows), **failure.details) if rows else failure
        if is_connection_loss(exc):
            return OutcomeUnknown(failure.situation, _RESUME, **failure.details)
        cause = todo_of(exc) or "Correct the cause."
        return DatabaseFailed(failure.situation, f"{cause} {_CLEANED}", **failure.details)

    def _record_end(self, run: StepRun, failure: MigratorError) -> None:
        """Record that the step failed, or that it was stopped on request or by a gate, which is nobody's fault."""
        if isinstance(failure, Stopped | GateClosed):
            state = "interrupted"
            run.emit(EventKind.STEP_INTERRUPTED, reason=failure.situation)
        else:
            state = "failed"
            run.emit(EventKind.STEP_FAILED, error=failure.situation)
        if isinstance(failure, OutcomeUnknown):
            return  # the intent stays "running": `resume` asks the catalog, and not this record
        try:
            self._store.end_step(self._session.migration, run.step.phase, run.step.number, state, failure.situation)
        except DatabaseError:
            return  # the session is lost: the intent stays "running" and `resume` probes


def _still_working(record: StepRecord, orphan: Orphan) -> LeaseHeld:
    return LeaseHeld(
        f"Step {record.number} of {record.phase} was begun by {orphan}, which is still at work.",
        f"Wait for it; when its runner is dead, `migrator reconcile {record.migration} --cancel-orphan` ends it.",
    )
