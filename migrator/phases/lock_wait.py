"""How a strong step gets its locks: preflight, then one try after the other on the ladder, within one budget.

A second connection looks at the blockers when most of a try's `lock_timeout` has passed; they are told, and ended
where `[locks] on_blocked` allows it. Called by the executor.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from migrator.errors import DatabaseFailed
from migrator.events import EventKind
from migrator.pg.blocker import Blocker, holders
from migrator.pg.driver import DatabaseError, errors
from migrator.pg.ladder import RETRYABLE, Climb, Rung
from migrator.pg.observer import TryWatch, watch_try
from migrator.pg.queries import query
from migrator.phases.execution import Attempt, Timeouts
from migrator.phases.preflight import locks_of, wait_until_clear
from migrator.phases.step_run import StepRun
from migrator.statements.effects import TableLock

_NOT_LOCKABLE = (errors.InsufficientPrivilege, errors.WrongObjectType, errors.UndefinedTable)
"""LOCK TABLE wants a privilege that the statement itself does not, or the step locks what is no table."""


@dataclass(slots=True)
class LockWait:
    """The tries of one step."""

    run: StepRun
    attempts: int = 0
    seen: tuple[Blocker, ...] = ()
    """The blockers of the last try at which any were seen."""
    first: tuple[str, ...] = ()
    """Statements before the step's own that take its locks in the reverse order."""

    def execute(self, once: Attempt) -> None:
        """Run the step when its locks are granted.

        Raises:
            LockBudgetSpent: they were not; nothing was changed.
            DatabaseFailed: it held them for too long, or the server refused the statement.
            Stopped: on request, while it waited.
        """
        clock = self.run.clock
        started = clock.monotonic()
        wait_until_clear(self.run)
        self._ladder(clock.monotonic() - started).run(
            lambda rung: self._attempt(once, rung), self.run.what, self._named
        )
        waited = clock.monotonic() - started
        self.run.emit(EventKind.LOCK_ACQUIRED, wait_seconds=waited, attempts=self.attempts)

    def _attempt(self, once: Attempt, rung: Rung) -> None:
        self.attempts += 1
        self.run.emit(
            EventKind.LOCK_WAITING,
            tables=[str(table) for table in self.run.step.tables],
            attempt=self.attempts,
            lock_timeout_seconds=rung.lock_timeout_seconds,
        )
        self.run.ask_gates()
        with self._order_changed(), self._blockers_told(rung) as watch, self._too_long_told(watch):
            once.run(self._timeouts(rung), self.first)

    @contextmanager
    def _order_changed(self) -> Generator[None]:
        """After a deadlock, take the locks in the other order at the next try: perhaps it is the application's."""
        try:
            yield
        except errors.DeadlockDetected:
            self.first = () if self.first else _in_reverse(locks_of(self.run))
            raise
        except _NOT_LOCKABLE as exc:
            if not self.first:
                raise
            self.first = ()
            raise errors.LockNotAvailable("the locks cannot be taken in another order") from exc

    @property
    def _statement_seconds(self) -> float:
        said = self.run.step.directive.timeout_seconds
        return self.run.settings.statement_timeout.total_seconds() if said is None else said

    def _timeouts(self, rung: Rung) -> Timeouts:
        whole = max(self.run.settings.transaction_timeout.total_seconds(), self._statement_seconds)
        return Timeouts(rung.lock_timeout_seconds, self._statement_seconds, whole)

    @contextmanager
    def _blockers_told(self, rung: Rung) -> Generator[TryWatch]:
        """Watch one try; when it has failed, `seen` and the listeners get its blockers."""
        run, watch = self.run, TryWatch()
        limit = min(rung.lock_timeout_seconds, self._statement_seconds or rung.lock_timeout_seconds)
        try:
            with watch_try(run.session.observer, run.session.pid, limit, run.cancel_blockers) as watch:
                yield watch
        except RETRYABLE:
            self.seen = watch.blockers or self.seen
            run.tell_blockers(watch.blockers)
            raise

    @contextmanager
    def _too_long_told(self, watch: TryWatch) -> Generator[None]:
        clock, limit = self.run.clock, self._statement_seconds
        started = clock.monotonic()
        try:
            yield
        except errors.QueryCanceled as exc:
            if watch.given_up is not None:
                raise watch.given_up from exc
            if not limit or clock.monotonic() - started < limit:
                raise  # somebody else cancelled it
            if watch.blockers:
                # Several locks, each waited for: nothing was held long, so it is a lock that was not granted.
                raise errors.LockNotAvailable("canceled by statement_timeout while it waited for locks") from exc
            raise DatabaseFailed(
                f"{self.run.step.name} ran longer than {limit:g} s while it blocked readers or writers, and was "
                "cancelled; nothing of it was kept.",
                "Split it into steps that do not block (`migrator lint` says how), or raise [locks] statement_timeout.",
            ) from exc

    def _ladder(self, spent_seconds: float) -> Climb:
        row = self.run.connection.execute(query("session.deadlock_timeout")).fetchone()
        return Climb(
            clock=self.run.clock,
            budget_seconds=self.run.settings.budget.total_seconds(),
            spent_seconds=spent_seconds,
            deadlock_timeout_seconds=float(row["seconds"]) if row else 1.0,
            longest_wait_seconds=self.run.settings.longest_wait.total_seconds(),
            on_retry=self._retry,
        )

    def _retry(self, number: int, pause_seconds: float, error: DatabaseError) -> None:
        self.run.emit(EventKind.LOCK_RETRY, attempt=number, pause_seconds=pause_seconds, sqlstate=error.sqlstate or "")

    def _named(self) -> str:
        """Say who had the lock; on a machine without time for looks during the tries, who has it at their end."""
        try:
            found = self.seen or holders(self.run.connection, locks_of(self.run))
        except (DatabaseError, DatabaseFailed):
            return "; who held it could not be asked of the server any more"
        if found:
            return f"; it was held by {'; '.join(map(str, found))}"
        problem = self.run.session.observer.problem
        why = f"the session that looks had no answer ({problem.rstrip('.')})" if problem else "the looks came too late"
        return f"; nobody was seen who held it: {why}, and at the end nobody holds a lock on it that is in the way"


def _in_reverse(locks: Sequence[TableLock]) -> tuple[str, ...]:
    """Return LOCK TABLE for the strongest lock on each table, last one first; nothing where there is no order."""
    levels = {table: max(level for other, level in locks if other == table) for table, _ in locks}
    texts = [f"LOCK TABLE ONLY {table} IN {level} MODE" for table, level in reversed(levels.items())]
    return tuple(texts) if len(texts) > 1 else ()
