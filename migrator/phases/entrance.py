"""What each phase of a migration waits for, asked from outside: by deploy systems over HTTP and by the status page.

expand waits for `depends_on` and for other migrations' tables, migrate for expand, the contract for its gates. A phase
that has begun or is over counts as open: a deploy system asks more than once, and must not be stopped by an old answer.
"""

from migrator.config import Settings
from migrator.errors import GateClosed
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.phases.claims import claimed_tables
from migrator.phases.dependencies import require_dependencies
from migrator.phases.evidence import ask
from migrator.phases.folder import Migration
from migrator.state import claims
from migrator.state.store import Store
from migrator.state.transitions import DONE, State

_NAME = "phase"
_GIVEN_UP = {State.ABORTING, State.ABORTED}
_NOT_EXPANDED = {State.PENDING, State.EXPANDING, *_GIVEN_UP}
_NEXT = {
    State.PENDING: "expand",
    State.EXPANDING: "expand",
    State.EXPANDED: "migrate",
    State.MIGRATING: "migrate",
    State.MIGRATED: "contract",
    State.READY: "contract",
    State.CONTRACTING: "contract",
}


def next_phase(state: str) -> str | None:
    """Return the phase that is under way or comes next in a state (its value); None when there is none."""
    return next((phase for known, phase in _NEXT.items() if known.value == state), None)


def ask_phase(connection: Connection, settings: Settings, migration: Migration, phase: str) -> tuple[GateResult, ...]:
    """Say whether a phase may begin; reads only.

    Args:
        connection: outside a transaction.
        settings: for services and their versions.
        migration: as it stands on disk now.
        phase: expand, migrate or contract.

    Raises:
        ManifestError: the files ask for something that does not exist.
    """
    store = Store(connection, "gate")
    record = store.migration(migration.id)
    state = record.state if record else State.PENDING
    if phase == "expand":
        return (_expand(store, migration, state),)
    if phase == "migrate":
        is_open = state not in _NOT_EXPANDED
        return (_result(state, "" if is_open else ", not expanded", is_open=is_open),)
    if state in {*DONE, State.CONTRACTING}:
        return (_result(state),)
    return ask(connection, settings, migration) or (_nothing_to_contract(migration),)


def _expand(store: Store, migration: Migration, state: State) -> GateResult:
    if state in _GIVEN_UP:
        return _result(state, ": a person decides whether it begins again", is_open=False)
    if state is not State.PENDING:
        return _result(state)
    try:
        require_dependencies(store, migration)
    except GateClosed as exc:
        return GateResult("depends_on", GateStatus.CLOSED, exc.situation)
    tables = claimed_tables(migration, server_version(store.connection) // 10000)
    for claim in claims.in_the_way(store.connection, migration.id, migration.manifest.migration.depends_on, tables):
        reason = f"{claim.migration} ({claim.state}) works on {claim.table} until it has ended"
        return GateResult("tables", GateStatus.CLOSED, reason)
    return _result(state)


def _nothing_to_contract(migration: Migration) -> GateResult:
    return GateResult(_NAME, GateStatus.OPEN, f"{migration.id} has nothing to contract")


def _result(state: State, more: str = "", *, is_open: bool = True) -> GateResult:
    status = GateStatus.OPEN if is_open else GateStatus.CLOSED
    return GateResult(_NAME, status, f"the migration is {state.value}{more}")
