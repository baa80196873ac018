"""The id of a plan: what a person looked at. Anything that would make it another plan makes it another id.

It stands for the statements and the manifest's word on them, the state, the server's version, and every definition in
the catalog of what the migration changes: an index or a view that comes to the table after the look is a new plan.
Sizes, blockers and gates are no part of it: they change every second, and are asked again.
"""

import hashlib
import json
from dataclasses import dataclass

from migrator.errors import Refused
from migrator.names import TableName
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.pg.objects import read_objects
from migrator.phases.claims import claimed_tables, touched_owners
from migrator.phases.folder import Migration
from migrator.phases.losses import Loss, losses_of
from migrator.state.claims import Claim, in_the_way
from migrator.state.store import Store
from migrator.state.transitions import ENDED, State

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


def plan_id(connection: Connection, migration: Migration, phase: str, state: State | None = None) -> str:
    """Return the id of the plan of one phase, as everything is now; with `state`, as if that were the state."""
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
        (state or state_of(connection, migration)).value,
        version,
        [list(item) for item in objects],
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:_LENGTH]


def approvable_plan(connection: Connection, migration: Migration) -> str | None:
    """Return the plan of the contract that approvals are bound to.

    None before it is migrated, when nobody can know what will be there, and when a part of the plan has run.
    """
    store = Store(connection, "plan")
    record = store.migration(migration.id)
    if record is None or record.state not in {State.MIGRATED, State.READY, State.CONTRACTING}:
        return None
    steps = store.steps(migration.id, "contract").values()
    if any(step.state == "done" for step in steps):
        return None
    return plan_id(connection, migration, "contract", State.MIGRATED)


@dataclass(frozen=True, slots=True)
class PlanHead:
    """What belongs to a plan beside its statements."""

    state: State
    next_phase: str | None
    phase: str | None
    """The phase that the id is of: the one asked for, else the next."""
    plan_id: str | None
    claims: tuple[TableName, ...]
    """The tables that the migration works on."""
    in_the_way: tuple[Claim, ...]
    """Claims of other open migrations: while they last, this one cannot begin."""
    losses: tuple[Loss, ...] = ()
    """What goes with its data in that phase, unless it is the contract: confirmed before it begins."""


def head_of(connection: Connection, migration: Migration, phase: str | None) -> PlanHead:
    """Return the head of the plan of one phase, or of the next; the schema migrator must be installed."""
    state = state_of(connection, migration)
    chosen = phase or next_phase(state)
    tables = claimed_tables(migration, server_version(connection) // 10000)
    return PlanHead(
        state,
        next_phase(state),
        chosen,
        plan_id(connection, migration, chosen) if chosen else None,
        tables,
        () if state in ENDED else in_the_way(connection, migration.id, migration.manifest.migration.depends_on, tables),
        losses_of(connection, migration, chosen) if chosen in {"expand", "migrate", "abort"} else (),
    )


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
