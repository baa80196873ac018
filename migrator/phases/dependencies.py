"""`depends_on`: a migration expands only when those that it builds on have moved their data.

Also the order of several: those that others build on come first, and then the names decide.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

from migrator.errors import GateClosed, InvalidTransition, ManifestError
from migrator.phases.folder import Migration, depends_on, migration_id, migration_paths
from migrator.state.records import MigrationRecord
from migrator.state.store import Store
from migrator.state.transitions import ENDED, State

_BEFORE_MIGRATE = {State.PENDING, State.EXPANDING, State.ABORTED, State.ABORTING}
_ENOUGH = {State.MIGRATED, State.READY, State.CONTRACTING, State.COMPLETE, State.BASELINED}


def require_dependencies(store: Store, migration: Migration) -> None:
    """Raise unless every migration named in `depends_on` has migrated.

    Raises:
        ManifestError: a name stands for no migration, or they depend on each other in a circle.
        GateClosed: names those that have not migrated, and where they are.
    """
    names = migration.manifest.migration.depends_on
    if not names:
        return
    _require_known(migration, names, {record.id for record in store.migrations()})
    waiting = [(name, _state(store, name)) for name in names]
    waiting = [(name, state) for name, state in waiting if state not in _ENOUGH]
    if waiting:
        told = ", ".join(f"{name} ({state.value})" for name, state in waiting)
        behind = next((name for name, state in waiting if state not in _BEFORE_MIGRATE), None)
        first = f"migrator migrate {behind}" if behind else f"migrator expand {waiting[0][0]}"
        raise GateClosed(
            f"{migration.id} depends on {told}.", f"Run `{first}` first; this one may begin when all have migrated."
        )


def require_nobody_builds_on(store: Store, migration: Migration) -> None:
    """Raise when an open migration names this one in its `depends_on`: an abort would pull away what it stands on.

    Raises:
        InvalidTransition: names the others, and where they are.
    """
    others = [record for record in store.migrations() if record.state not in {*ENDED, State.PENDING}]
    above = [record for record in others if migration.id in _recorded_dependencies(record)]
    if above:
        told = ", ".join(f"{record.id} ({record.state.value})" for record in above)
        raise InvalidTransition(
            f"{told} builds on {migration.id}, which can therefore not be aborted.",
            f"Abort {above[0].id} first, or finish both.",
        )


def _recorded_dependencies(record: MigrationRecord) -> Collection[str]:
    section = record.manifest.get("migration")
    names = cast("Mapping[str, object]", section).get("depends_on") if isinstance(section, Mapping) else ()
    return cast("Collection[str]", names or ())


def in_order(migrations: Sequence[Migration], recorded: Collection[str]) -> tuple[Migration, ...]:
    """Return the migrations so that each comes after those that it builds on; else in the order given.

    Args:
        migrations: all of the folder, in the order of their names.
        recorded: ids that the database knows; a dependency may be gone from the folder.

    Raises:
        ManifestError: a name stands for no migration, or they depend on each other in a circle.
    """
    by_id = {migration.id: migration for migration in migrations}
    wishes = {migration.id: migration.manifest.migration.depends_on for migration in migrations}
    for migration, names in wishes.items():
        _refuse_unknown(migration, names, {*by_id, *recorded})
    _refuse_circle(wishes)
    placed: dict[str, Migration] = {}
    for migration in migrations:
        _place(migration, by_id, placed)
    return tuple(placed.values())


def _place(migration: Migration, by_id: Mapping[str, Migration], placed: dict[str, Migration]) -> None:
    """Put the migration behind those that it builds on; there is no circle."""
    wished = set(migration.manifest.migration.depends_on)
    for name in by_id:
        if name in wished and name not in placed:
            _place(by_id[name], by_id, placed)
    placed.setdefault(migration.id, migration)


def _require_known(migration: Migration, names: Sequence[str], recorded: Collection[str]) -> None:
    paths = {migration_id(path): path for path in migration_paths(migration.home)}
    _refuse_unknown(migration.id, names, {*paths, *recorded})
    wishes: dict[str, Sequence[str]] = {migration.id: tuple(names)}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in paths and name not in wishes:
            wishes[name] = depends_on(paths[name])
            waiting.extend(wishes[name])
    _refuse_circle(wishes)


def _refuse_unknown(migration: str, names: Iterable[str], known: Collection[str]) -> None:
    missing = [name for name in names if name not in known]
    if missing:
        raise ManifestError(
            f"{migration} depends on {', '.join(missing)}, which is neither in the folder nor in the database.",
            "Write the whole id as it stands in the folder's name, or take it out of depends_on.",
        )


def _refuse_circle(wishes: Mapping[str, Sequence[str]]) -> None:
    for start in wishes:
        circle = _circle_from(start, wishes)
        if circle:
            raise ManifestError(
                f"Migrations depend on each other in a circle: {' → '.join(circle)}.",
                "Take one of them out of a depends_on.",
            )


def _circle_from(start: str, wishes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the way from a migration back to itself; empty when there is none."""
    waiting: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop()
        for name in wishes.get(way[-1], ()):
            if name == start:
                return (*way, name)
            if name not in seen:
                seen.add(name)
                waiting.append((*way, name))
    return ()


def _state(store: Store, name: str) -> State:
    record = store.migration(name)
    return record.state if record else State.PENDING
