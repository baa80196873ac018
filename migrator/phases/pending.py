"""`migrator expand --all`: every migration that has not expanded yet, those that others build on first, then the names.

For pipelines that bring a database up to date. It stops at the first failure and says what was done before it; run
again, it goes on there. At the end come the repeatable files that changed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import MigratorError
from migrator.pg.connection import connect
from migrator.pg.session import refuse_pooler
from migrator.phases import expand_runs
from migrator.phases.dependencies import in_order
from migrator.phases.engine import Engine, Outcome
from migrator.phases.folder import Migration, load_migration, migration_paths
from migrator.phases.losses import Loss, losses_of_all
from migrator.phases.repeatables import Applied, Repeatable, apply_changed, due, load_repeatables
from migrator.state.install import require_installed
from migrator.state.records import MigrationRecord
from migrator.state.store import Store
from migrator.state.transitions import ENDED, State

_TO_EXPAND = frozenset({State.PENDING, State.EXPANDING})


Confirm = Callable[[Migration, tuple[Loss, ...]], str | None]
"""Asks whether a migration may take away what it does; returns the plan id that was confirmed."""


@dataclass(frozen=True, slots=True)
class WouldRun:
    """One migration or repeatable file that `expand --all` would run now, and what goes with it for good."""

    name: str
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Expanded:
    """What `expand --all` did."""

    migrations: tuple[Outcome, ...]
    repeatables: tuple[Applied, ...]


def load_all(migrations: Path) -> tuple[Migration, ...]:
    """Read and check every migration of the folder, in the order of their names.

    Raises:
        ManifestError: one of them cannot be used; nothing runs then.
    """
    return tuple(load_migration(path) for path in migration_paths(migrations))


def pending(store: Store, migrations: Path) -> tuple[Migration, ...]:
    """Return what has not expanded yet, in the order in which it will; aborted ones were given up and wait for a word.

    Raises:
        ManifestError: a migration cannot be used, or a dependency is unknown or goes round in a circle.
    """
    records = {record.id: record for record in store.migrations()}
    ordered = in_order(load_all(migrations), records)
    return tuple(migration for migration in ordered if _is_pending(migration, records.get(migration.id)))


def would_run(dsn: str, migrations: Path) -> tuple[tuple[WouldRun, ...], tuple[WouldRun, ...]]:
    """Return the migrations and the repeatable files that `expand_all` would run now, in its order; reads only."""
    files = load_repeatables(migrations)
    with connect(dsn, application_name="migrator/expand") as connection:
        require_installed(connection)
        store = Store(connection, "expand")
        todo = pending(store, migrations)
        losses = _losses(store, migrations, todo)
        ahead = tuple(WouldRun(each.id, losses[each.id]) for each in todo)
        return ahead, tuple(WouldRun(file.name) for file, _ in due(store, files))


def expand_all(
    engine: Engine, migrations: Path, on_done: Callable[[str], None], confirm: Confirm | None = None
) -> Expanded:
    """Expand all that is pending, then run the repeatable files that are new or changed.

    Args:
        engine: with the database to work on.
        migrations: the folder.
        on_done: called with a line for each migration and file that is done.
        confirm: called before each migration with what it takes away of what was there before the run; returns the
            plan id to run by, if any. What a run made that was cut off belongs to the one that goes on with it.

    Raises:
        MigratorError: the first failure, as it would come from `expand ID`; its details say what was done and what
            is left.
    """
    repeatables = load_repeatables(migrations)
    with connect(engine.dsn, application_name="migrator/expand") as connection:
        refuse_pooler(connection)
        require_installed(connection)
        store = Store(connection, engine.actor)
        todo = pending(store, migrations)
        losses = _losses(store, migrations, todo)
        if todo:
            expand_runs.begin(store, todo)
    done: list[Outcome] = []
    try:
        for migration in todo:
            engine.clock.check_stop(f"before {migration.id}")
            plan_id = confirm(migration, losses[migration.id]) if confirm and losses[migration.id] else None
            done.append(engine.expand(migration, plan_id))
            on_done(f"{migration.id} is {done[-1].after.value}.")
        if todo:
            with connect(engine.dsn, application_name="migrator/expand") as connection:
                expand_runs.end(Store(connection, engine.actor))
        return Expanded(tuple(done), _repeat(engine, repeatables, on_done))
    except MigratorError as error:
        _say_what_was_done(error, todo, done)
        raise


def _losses(store: Store, migrations: Path, todo: tuple[Migration, ...]) -> dict[str, tuple[Loss, ...]]:
    found = losses_of_all(store.connection, todo)
    return expand_runs.without_own(store, load_all(migrations), found) if any(found.values()) else found


def _repeat(engine: Engine, files: tuple[Repeatable, ...], on_done: Callable[[str], None]) -> tuple[Applied, ...]:
    applied = apply_changed(engine, files)
    for item in applied:
        on_done(f"{item.name} ran ({item.why}).")
    return applied


def _say_what_was_done(error: MigratorError, todo: tuple[Migration, ...], done: list[Outcome]) -> None:
    names = [outcome.migration for outcome in done]
    left = [migration.id for migration in todo[len(done) :]]
    error.details |= {"done": names, "left": left}
    told = f"Done before it: {', '.join(names) or 'nothing'}."
    error.todo = f"{error.todo} {told} Not done: {', '.join(left) or 'the repeatable files'}.".strip()


def _is_pending(migration: Migration, record: MigrationRecord | None) -> bool:
    state = record.state if record else State.PENDING
    return state in _TO_EXPAND or (migration.is_single_phase and state not in ENDED)
