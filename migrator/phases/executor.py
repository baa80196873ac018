"""Runs one step by its lock class, with write-ahead intent, probes and the record in the step's own transaction.

Strong steps climb the lock ladder; weak ones run without `lock_timeout` under the watchdog; the rest wait for
catalog locks a fixed time. Called by the engine only, with the DDL turn held.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from migrator.clock import Clock
from migrator.config import LockSettings
from migrator.errors import DatabaseFailed, LockBudgetSpent, MigratorError, Stopped
from migrator.events import EventKind, Events
from migrator.locks import LockClass
from migrator.names import TableName
from migrator.pg.driver import DatabaseError, Row, errors
from migrator.pg.failures import describe, is_connection_loss
from migrator.pg.ladder import RETRYABLE, Climb, Rung
from migrator.pg.observer import Blocker, WatchLimits, sample_blockers, watchdog
from migrator.pg.queries import query
from migrator.pg.session import DdlSession
from migrator.phases.decide import Decision, decide
from migrator.phases.execution import Timeouts, Try, session_timeouts
from migrator.phases.steps import Step
from migrator.state.store import Store

_CATALOG_LOCK_SECONDS = 5.0
"""`lock_timeout` of statements that lock no table: they wait only for another DDL on the same object."""
_SAMPLE_AT = 0.8
"""Blockers are looked at when this share of a try's `lock_timeout` has passed."""


class Executor:
    """Runs the steps of one migration on one session."""

    def __init__(self, session: DdlSession, store: Store, clock: Clock, events: Events, settings: LockSettings) -> None:
        self._session = session
        self._connection = session.connection
        self._store = store
        self._clock = clock
        self._events = events
        self._settings = settings

    def run(self, step: Step) -> None:
        """Bring one step to its end, or raise with the step's failure recorded.

        Raises:
            LockBudgetSpent, Stopped, LeaseHeld: later, or by `resume`.
            CatalogConflict, OutcomeUnknown: a person decides.
            DatabaseFailed: the server refused the statement.
        """
        migration = self._session.migration
        record = self._store.steps(migration, step.phase).get(step.number)
        if record and record.state in {"done", "skipped"}:
            return
        decision = decide(self._connection, step, record)
        self._intend(step)
        if not decision.run:
            was_ours = record is not None and record.state == "running"
            self._store.end_step(migration, step.phase, step.number, "done" if was_ours else "skipped")
            self._emit(EventKind.STEP_SKIPPED, step, reason=decision.reason)
            return
        started = self._clock.monotonic()
        with self._failure_recorded(step):
            self._clean(step, decision)
            self._perform(step, decision)
        self._emit(EventKind.STEP_DONE, step, seconds=self._clock.monotonic() - started)

    def _intend(self, step: Step) -> None:
        self._store.intend_step(
            self._session.migration,
            step.phase,
            step.number,
            name=step.name,
            statement=step.sql,
            lock=step.lock_class.value,
        )
        self._session.name_step(f"{step.phase}/{step.number}")
        self._emit(EventKind.STEP_INTENT, step, lock_class=step.lock_class.value)

    def _clean(self, step: Step, decision: Decision) -> None:
        """Drop the invalid index of an earlier, interrupted attempt; that blocks nobody."""
        if decision.broken is None:
            return
        name = TableName(decision.broken.schema, decision.broken.name)
        with self._watched(step), session_timeouts(self._connection, Timeouts(0)):
            self._connection.execute(f"DROP INDEX CONCURRENTLY {name}".encode())

    def _perform(self, step: Step, decision: Decision) -> None:
        once = Try(
            self._connection,
            self._store,
            self._session.migration,
            step,
            decision.run,
            on_executed=lambda: self._emit(EventKind.STEP_EXECUTED, step),
        )
        if step.lock_class is LockClass.STRONG:
            self._climb(step, once)
        else:
            with self._watched(step):
                once.run(Timeouts(0 if step.lock_class is LockClass.WEAK else _CATALOG_LOCK_SECONDS))

    def _climb(self, step: Step, once: Try) -> None:
        seen: list[Blocker] = []
        started = self._clock.monotonic()
        attempts = [0]

        def attempt(rung: Rung) -> None:
            attempts[0] += 1
            self._emit(
                EventKind.LOCK_WAITING,
                step,
                tables=[str(table) for table in step.tables],
                attempt=attempts[0],
                lock_timeout_seconds=rung.lock_timeout_seconds,
            )
            with self._blockers_told(step, rung, seen), self._too_long_told(step):
                once.run(Timeouts(rung.lock_timeout_seconds, self._settings.statement_timeout.total_seconds()))

        def on_retry(number: int, pause_seconds: float, error: DatabaseError) -> None:
            state = error.sqlstate or ""
            self._emit(EventKind.LOCK_RETRY, step, attempt=number, pause_seconds=pause_seconds, sqlstate=state)

        self._ladder(on_retry).run(attempt, self._what(step), lambda: _named(seen))
        waited = self._clock.monotonic() - started
        self._emit(EventKind.LOCK_ACQUIRED, step, wait_seconds=waited, attempts=attempts[0])

    @contextmanager
    def _blockers_told(self, step: Step, rung: Rung, seen: list[Blocker]) -> Generator[None]:
        """Sample the blockers of one try; when it has failed, `seen` and the listeners get them."""
        found: list[Blocker] = []
        delay = rung.lock_timeout_seconds * _SAMPLE_AT
        try:
            with sample_blockers(self._session.observer, self._session.pid, delay) as found:
                yield
        except RETRYABLE:
            if found:
                seen[:] = found
                self._emit(EventKind.LOCK_BLOCKED, step, blockers=[_as_json(blocker) for blocker in found])
            raise

    @contextmanager
    def _too_long_told(self, step: Step) -> Generator[None]:
        started, limit = self._clock.monotonic(), self._settings.statement_timeout.total_seconds()
        try:
            yield
        except errors.QueryCanceled as exc:
            if self._clock.monotonic() - started < limit:
                raise  # somebody else cancelled it
            raise DatabaseFailed(
                f"{step.name} ran longer than {limit:g} s while it blocked readers or writers, and was cancelled; "
                "nothing of it was kept.",
                "Split it into steps that do not block (`migrator lint` says how), or raise [locks] statement_timeout.",
            ) from exc

    def _ladder(self, on_retry: Callable[[int, float, DatabaseError], None]) -> Climb:
        row = self._connection.execute(query("session.deadlock_timeout")).fetchone()
        return Climb(
            clock=self._clock,
            budget_seconds=self._settings.budget.total_seconds(),
            deadlock_timeout_seconds=float(row["seconds"]) if row else 1.0,
            longest_wait_seconds=self._settings.longest_wait.total_seconds(),
            on_retry=on_retry,
        )

    @contextmanager
    def _watched(self, step: Step) -> Generator[None]:
        limits = WatchLimits(self._settings.weak_watchdog.total_seconds())
        started = self._clock.monotonic()

        def report(progress: Row, found: tuple[Blocker, ...]) -> None:
            if found:
                self._emit(EventKind.LOCK_BLOCKED, step, blockers=[_as_json(blocker) for blocker in found])
            if progress:
                seconds = self._clock.monotonic() - started
                activity, done, total = progress["phase"], progress["done"], progress["total"]
                self._emit(EventKind.WEAK_PROGRESS, step, activity=activity, done=done, total=total, seconds=seconds)

        with watchdog(self._session.observer, self._session.pid, self._clock, limits, report) as cancelled:
            try:
                yield
            except (errors.QueryCanceled, errors.LockNotAvailable) as exc:
                raise self._ended_early(step, cancelled, exc) from exc

    def _ended_early(self, step: Step, cancelled: list[str], exc: DatabaseError) -> MigratorError:
        if cancelled and "stop" in cancelled[0]:
            return Stopped(
                f"Stopped on request during {step.name}.", "`migrator resume` cleans up what it left and goes on."
            )
        reason = cancelled[0] if cancelled else describe(exc, "the statement").situation.rstrip(".")
        return LockBudgetSpent(
            f"{step.name} was cancelled: {reason}.",
            "Run `migrator resume` at a quieter time, or raise [locks] weak_watchdog.",
        )

    @contextmanager
    def _failure_recorded(self, step: Step) -> Generator[None]:
        try:
            yield
        except DatabaseError as exc:
            failure = self._explain(step, exc)
            self._record_failure(step, failure)
            raise failure from exc
        except MigratorError as failure:
            self._record_failure(step, failure)
            raise

    def _explain(self, step: Step, exc: DatabaseError) -> DatabaseFailed:
        failure = describe(exc, f"Step {step.number} of {step.phase} ({step.name})")
        if step.is_transactional or is_connection_loss(exc):
            return failure
        todo = "Correct the cause, then run `migrator resume`: it drops what the attempt left INVALID and goes on."
        return DatabaseFailed(failure.situation, todo, **failure.details)

    def _record_failure(self, step: Step, failure: MigratorError) -> None:
        self._emit(EventKind.STEP_FAILED, step, error=failure.situation)
        try:
            self._store.end_step(self._session.migration, step.phase, step.number, "failed", failure.situation)
        except DatabaseError:
            return  # the session is lost: the intent stays "running" and `resume` probes

    def _what(self, step: Step) -> str:
        return ", ".join(str(table) for table in step.tables) or step.name

    def _emit(self, kind: EventKind, step: Step, **data: object) -> None:
        self._events.emit(kind, self._session.migration, phase=step.phase, number=step.number, name=step.name, **data)


def _as_json(blocker: Blocker) -> dict[str, object]:
    return {
        "pid": blocker.pid,
        "application": blocker.application,
        "state": blocker.state,
        "age_seconds": blocker.age_seconds,
        "query": blocker.query,
    }


def _named(seen: list[Blocker]) -> str:
    return f"; it was held by {'; '.join(str(blocker) for blocker in seen)}" if seen else ""
