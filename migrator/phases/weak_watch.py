"""The watch over a statement that blocks nobody and may run for hours: progress, blockers, a limit, a stop.

Called by the executor around CREATE INDEX CONCURRENTLY, VALIDATE and whatever else is weak, and around the clean-up
after an interrupted one.
"""

from collections.abc import Generator
from contextlib import contextmanager

from migrator.errors import LockBudgetSpent, MigratorError, Stopped
from migrator.events import EventKind
from migrator.pg.blocker import Blocker
from migrator.pg.driver import DatabaseError, Row, errors
from migrator.pg.failures import describe
from migrator.pg.observer import WatchLimits, WeakWatch, watchdog
from migrator.phases.step_run import StepRun

_LATER = "Run `migrator resume` at a quieter time, or raise [locks] weak_watchdog."
_GAVE_WAY = "It gave way, so that the other session goes on. `migrator resume` cleans up what it left and tries again."


@contextmanager
def watched(run: StepRun) -> Generator[None]:
    """Watch what the block runs.

    Raises:
        LockBudgetSpent: it was cancelled, by the watchdog or by somebody else.
        Stopped: it was cancelled because a stop was requested.
    """
    said = run.step.directive.timeout_seconds
    limit = run.settings.weak_watchdog.total_seconds() if said is None else said
    started = run.clock.monotonic()

    def report(progress: Row, found: tuple[Blocker, ...]) -> None:
        run.tell_blockers(found)
        run.cancel_blockers(found)
        if progress:
            seconds = run.clock.monotonic() - started
            activity, done, total = progress["phase"], progress["done"], progress["total"]
            run.emit(EventKind.WEAK_PROGRESS, activity=activity, done=done, total=total, seconds=seconds)

    with watchdog(run.session.observer, run.session.pid, run.clock, WatchLimits(limit), report) as watch:
        try:
            yield
        except (errors.QueryCanceled, errors.LockNotAvailable) as exc:
            raise _ended_early(run, watch, exc) from exc


def _ended_early(run: StepRun, watch: WeakWatch, exc: DatabaseError) -> MigratorError:
    if "stop" in watch.reason:
        return Stopped(
            f"Stopped on request during {run.step.name}.", "`migrator resume` cleans up what it left and goes on."
        )
    reason = watch.reason or describe(exc, "the statement").situation.rstrip(".")
    named = f"; it waited for {'; '.join(map(str, watch.blockers))}" if watch.blockers else ""
    todo = _GAVE_WAY if watch.is_deadlock else _LATER
    return LockBudgetSpent(f"{run.step.name} was cancelled: {reason}{named}.", todo)
