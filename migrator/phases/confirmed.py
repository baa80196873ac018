"""Which plan a phase that is under way was begun by, as the audit tells: what was confirmed is asked for once.

The id stands in the audit row of the state change that began the phase, or in one of its own when it was named later;
with the file's checksum, because a file that was repaired since is another plan. The contract has its own column.
"""

from migrator.errors import Refused
from migrator.phases.folder import Migration
from migrator.phases.plan_id import require_plan
from migrator.state.store import Store

_STATES = {"expanding": "expand", "migrating": "migrate", "aborting": "abort"}
_CONFIRMED = "plan.confirmed"


def plan_begun_with(store: Store, migration: Migration, phase: str) -> str | None:
    """Return the plan id by which the phase that is under way was begun; None without one."""
    record = store.migration(migration.id)
    if record is None or _STATES.get(record.state.value) != phase:
        return None
    for row in reversed(store.history(migration.id)):
        is_begin = row.action == "state.changed" and row.detail["to"] == record.state.value
        if is_begin or row.action == _CONFIRMED:
            is_same = row.detail.get("phase") == phase and row.detail.get("file") == _file(migration, phase)
            if is_same or is_begin:
                return str(row.detail["plan"]) if is_same else None
    return None


def detail_of(migration: Migration, phase: str, plan_id: str) -> dict[str, object]:
    """Return what an audit row says of the plan that a phase runs by."""
    return {"phase": phase, "plan": plan_id, "file": _file(migration, phase)}


def begin_by(store: Store, migration: Migration, phase: str, plan_id: str) -> dict[str, object]:
    """Return the audit detail for a phase that begins by a plan.

    Raises:
        Refused: what would run now is another plan.
    """
    require_plan(store.connection, migration, phase, plan_id)
    return detail_of(migration, phase, plan_id)


def go_on_by(store: Store, migration: Migration, phase: str, plan_id: str) -> None:
    """Accept the plan id for a phase that is under way: the one it began by, or what is left of it now.

    Raises:
        Refused: it is neither.
    """
    begun = plan_begun_with(store, migration, phase)
    if plan_id == begun:
        return
    try:
        require_plan(store.connection, migration, phase, plan_id)
    except Refused as exc:
        if begun is None:
            raise
        raise Refused(
            f"The {phase} of {migration.id} began with {begun}, not with {plan_id}.",
            f"Finish what began: `migrator resume {migration.id}`.",
        ) from exc
    store.audit(_CONFIRMED, migration.id, detail_of(migration, phase, plan_id))


def _file(migration: Migration, phase: str) -> str:
    file = migration.files.get(phase)
    return file.sha256 if file else ""
