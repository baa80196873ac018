"""Before a step asks for its locks: who would make it wait, and the application behind it.

A strong statement that waits makes every later query on its tables wait too, so it first waits without asking: for
old transactions, prepared ones, other maintenance and sessions that wait already. A concurrent index build would
wait at its end for every old snapshot of the database, for hours with an index that slows writes down: it is refused,
or waits, before it begins. Called by the executor, outside transactions.
"""

from collections.abc import Callable, Sequence

from migrator.errors import DatabaseFailed, LockBudgetSpent
from migrator.events import EventKind
from migrator.locks import LockClass
from migrator.pg.connection import server_version
from migrator.pg.driver import errors
from migrator.pg.obstacles import Obstacle, ObstacleKind, obstacles, old_snapshots
from migrator.pg.queries import query
from migrator.pg.replica_obstacles import replica_obstacles
from migrator.phases.step_run import StepRun
from migrator.schema.catalog import read_schema
from migrator.schema.effects import effects_in
from migrator.schema.model import Schema
from migrator.statements.effects import TableLock

_POLL_SECONDS = 1.0
_LOOK_TIMEOUT = "500ms"
_READ_TIMEOUT = "1min"
"""Instead of the role's own: a large catalog takes its time, and a role may have a limit of milliseconds."""
_BUILDS = {"index_stmt", "reindex_stmt"}
_WAIT_FOR_LOCKS = "Nothing was changed by this step. End what stands in the way or wait for it, then `migrator resume`."
_WRAPAROUND = (
    "It does not yield, and must not be ended: it keeps the server from shutting down. Wait for its end "
    "(pg_stat_progress_vacuum shows how far it is), then run `migrator resume`."
)
_SNAPSHOT = (
    "The build would wait for it at its end. End it or wait for it, then run `migrator resume`; with [locks] "
    'on_old_snapshot = "wait" the step waits by itself.'
)


def wait_until_clear(run: StepRun) -> None:
    """Wait until nobody is in the way of a strong step.

    Raises:
        LockBudgetSpent: the budget ended and somebody still is, or a vacuum is that never yields.
        ConfigError: the connection string of a replica is not set.
        Stopped: on request.
    """
    old_seconds = run.settings.old_transaction.total_seconds()
    replicas = run.settings.replica_dsns()

    def look() -> Sequence[Obstacle]:
        locks = locks_of(run)
        found = (*obstacles(run.connection, locks, old_seconds), *replica_obstacles(replicas, locks, old_seconds))
        never = [obstacle for obstacle in found if obstacle.kind is ObstacleKind.WRAPAROUND]
        if never:
            raise LockBudgetSpent(f"The lock on {run.what} cannot be had: there is {never[0]}.", _WRAPAROUND)
        return found

    _wait(run, look, run.settings.budget.total_seconds(), f"No lock was asked for on {run.what}", _WAIT_FOR_LOCKS)


def wait_for_old_snapshots(run: StepRun) -> None:
    """Refuse a concurrent index build, or wait, while a snapshot is there that it would wait for at its end.

    Raises:
        LockBudgetSpent: there is one, and the settings do not allow to wait, or not any longer.
        Stopped: on request.
    """
    if run.step.is_transactional or run.step.statements[0].kind not in _BUILDS:
        return
    limit = run.settings.old_snapshot.total_seconds()
    may_wait = run.settings.on_old_snapshot == "wait"
    budget = run.settings.weak_watchdog.total_seconds() if may_wait else 0.0
    situation = f"{run.step.name} did not begin"
    _wait(run, lambda: old_snapshots(run.connection, limit), budget, situation, _SNAPSHOT)


def _wait(
    run: StepRun, look: Callable[[], Sequence[Obstacle]], budget_seconds: float, situation: str, todo: str
) -> None:
    """Poll until nothing is found."""
    ends_at = run.clock.monotonic() + budget_seconds
    told: set[tuple[object, ...]] = set()
    while found := look():
        _tell(run, found, told)
        run.cancel_blockers(obstacle.who for obstacle in found if obstacle.kind is not ObstacleKind.REPLICA)
        left = ends_at - run.clock.monotonic()
        if left <= 0:
            raise LockBudgetSpent(
                f"{situation} within {budget_seconds:g} s: there is {'; '.join(map(str, found))}.", todo
            )
        run.clock.wait(min(_POLL_SECONDS, left), f"there is {found[0]}")


def _tell(run: StepRun, found: Sequence[Obstacle], told: set[tuple[object, ...]]) -> None:
    """Tell the listeners when somebody new is in the way, and not each second again."""
    now = {(obstacle.kind, obstacle.who.pid, obstacle.who.query) for obstacle in found}
    if not now <= told:
        reason = f"waiting, because there is {found[0]}"
        run.emit(EventKind.LOCK_PREFLIGHT, reason=reason, obstacles=[obstacle.as_json() for obstacle in found])
    told |= now


def locks_of(run: StepRun) -> tuple[TableLock, ...]:
    """Return the tables that the step locks, with partners of foreign keys and partitions, as the schema is now."""
    if run.step.lock_class is not LockClass.STRONG or not run.step.tables:
        return ()
    schema = _schema(run)
    version = server_version(run.connection) // 10000
    effects = (effects_in(statement, schema, version) for statement in run.step.statements)
    return tuple(dict.fromkeys(lock for found in effects for lock in found.locks))


def _schema(run: StepRun) -> Schema | None:
    """Read what the step's tables are connected with; None when a lock that is held or awaited on one hides it.

    The server's functions that spell definitions take ACCESS SHARE themselves, and would wait behind a waiting DDL
    without a limit.
    """
    try:
        with run.connection.transaction():
            for name, value in {"lock_timeout": _LOOK_TIMEOUT, "statement_timeout": _READ_TIMEOUT}.items():
                run.connection.execute(query("session.set_local"), {"name": name, "value": value})
            return read_schema(run.connection, run.step.tables)
    except (DatabaseFailed, errors.LockNotAvailable) as exc:
        if isinstance(exc, DatabaseFailed) and exc.details.get("sqlstate") != errors.LockNotAvailable.sqlstate:
            raise
        return None
