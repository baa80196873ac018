"""`depends_on`: a migration expands only when those that it builds on have moved their data."""

from migrator.errors import GateClosed
from migrator.phases.folder import Migration
from migrator.state.store import Store
from migrator.state.transitions import State

_ENOUGH = {State.MIGRATED, State.READY, State.CONTRACTING, State.COMPLETE}


def require_dependencies(store: Store, migration: Migration) -> None:
    """Raise unless every migration named in `depends_on` has migrated.

    Raises:
        GateClosed: names those that have not, and where they are.
    """
    waiting = [(name, _state(store, name)) for name in migration.manifest.migration.depends_on]
    waiting = [(name, state) for name, state in waiting if state not in _ENOUGH]
    if waiting:
        names = ", ".join(f"{name} ({state.value})" for name, state in waiting)
        raise GateClosed(f"{migration.id} depends on {names}.", "Run `migrator migrate` on them first.")


def _state(store: Store, name: str) -> State:
    record = store.migration(name)
    return record.state if record else State.PENDING
