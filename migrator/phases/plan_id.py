"""The id of a plan: what a person looked at. Anything that would make it another plan makes it another id.

It stands for the statements and the manifest's word on them, the state, the server's version, and every definition in
the catalog of what the migration changes: an index or a view that comes to the table after the look is a new plan.
Sizes, blockers and gates are no part of it: they change every second, and are asked again.
"""

import hashlib
import json

from migrator.errors import Refused
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.pg.objects import read_objects
from migrator.phases.claims import touched_owners
from migrator.phases.folder import Migration
from migrator.state.store import Store
from migrator.state.transitions import State

_LENGTH = 16
_SAME = {State.READY: State.MIGRATED, State.ABORTED: State.PENDING}
"""Two names of one place: between phases, with nothing done of the next one."""
_NEXT = {
    State.PENDING: "expand",
    State.EXPANDING: "expand",
    State.EXPANDED: "migrate",
    State.MIGRATING: "migrate",
    State.MIGRATED: "contract",
    State.CONTRACTING: "contract",
    State.ABORTING: "abort",
}


def state_of(connection: Connection, migration: Migration) -> State:
    """Return where the migration is; pending for one that never began."""
    record = Store(connection, "plan").migration(migration.id)
    state = record.state if record else State.PENDING
    return _SAME.get(state, state)


def next_phase(state: State) -> str | None:
    """Return the phase that comes next, or goes on; None at the end."""
    return _NEXT.get(_SAME.get(state, state))


def plan_id(connection: Connection, migration: Migration, phase: str) -> str:
    """Return the id of the plan of one phase, as everything is now; reads only."""
    version = server_version(connection) // 10000
    file = migration.files.get(phase)
    section = migration.manifest.contract
    objects = read_objects(connection, touched_owners(migration, version))
    content = [
        1,
        migration.id,
        phase,
        file.sha256 if file else "",
        [spec.model_dump(mode="json") for spec in migration.manifest.backfill] if phase == "migrate" else [],
        section.model_dump(mode="json") if section and phase == "contract" else None,
        state_of(connection, migration).value,
        version,
        [list(item) for item in objects],
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:_LENGTH]


def require_plan(connection: Connection, migration: Migration, phase: str, wanted: str) -> None:
    """Raise unless the plan is still the one that was looked at.

    Raises:
        Refused: names both ids.
    """
    now = plan_id(connection, migration, phase)
    if now != wanted:
        raise Refused(
            f"The plan {wanted} for the {phase} of {migration.id} is not what would run now: that is {now}. The files, "
            "the state or the schema have changed since.",
            f"Look at `migrator plan {migration.id} --phase {phase}` again, then name the new plan.",
            plan_id=now,
        )
