"""Builds the question that the contract's gates answer, from the migration's own files and record."""

from collections.abc import Sequence

from migrator.config import Settings
from migrator.errors import GateClosed
from migrator.gates.evaluate import evaluate
from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.gates.handed_over import handed_over, made_again
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.phases.authors import authors_of
from migrator.phases.folder import Migration
from migrator.phases.forced_results import with_forces
from migrator.phases.plan_id import approvable_plan
from migrator.phases.steps import Step, steps_in
from migrator.state.forced import forced_gates
from migrator.state.records import MigrationRecord
from migrator.state.store import Store
from migrator.state.transitions import State
from migrator.statements.effects import ObjectRef

_MIGRATED = {State.MIGRATED, State.READY, State.CONTRACTING, State.COMPLETE}


def ask(connection: Connection, settings: Settings, migration: Migration) -> tuple[GateResult, ...]:
    """Evaluate the gates for the contract of one migration; reads only.

    Args:
        connection: outside a transaction.
        settings: for services and their versions.
        migration: as it stands on disk now; approvals are compared with its checksum.
    """
    section = migration.manifest.contract
    if section is None:
        return ()
    results = evaluate(question_for(connection, settings, migration), section.evidence)
    record = Store(connection, "gate").migration(migration.id)
    forces = forced_gates(connection, migration.id)
    return (_phase(migration, record), *with_forces(results, forces, migration, record))


def _phase(migration: Migration, record: MigrationRecord | None) -> GateResult:
    """Say whether the migration is where a contract can begin: the other gates cannot know."""
    state = record.state if record else State.PENDING
    if not migration.statements("contract"):
        return GateResult("phase", GateStatus.CLOSED, "contract.sql is not written yet")
    if state in _MIGRATED:
        return GateResult("phase", GateStatus.OPEN, f"the migration is {state.value}")
    return GateResult("phase", GateStatus.CLOSED, f"the migration is {state.value}, not migrated")


def question_for(connection: Connection, settings: Settings, migration: Migration) -> GateQuestion:
    """Return what the gates may look at."""
    section = migration.manifest.contract
    if section is None:
        raise GateClosed(f"{migration.id} has no [contract] section.", "Add one to its manifest.")
    version = server_version(connection) // 10000
    contract_text = migration.statements("contract")
    contract = steps_in(migration.files.get("contract"), "contract", version)
    return GateQuestion(
        migration=migration.id,
        phase="contract",
        connection=connection,
        settings=settings,
        removes=tuple(ref for step in contract for ref in step.removes),
        makes=_made(migration, version),
        checksum=migration.contract_checksum,
        soak=section.soak,
        approvals=section.approvals,
        requires=section.requires,
        backfills=tuple(spec.name for spec in migration.manifest.backfill),
        owner=migration.manifest.migration.owner,
        now=Store(connection, "gate").now(),
        keeps=(*handed_over(contract_text), *made_again(contract_text)),
        renames=tuple(rename.source for step in contract for each in step.effects for rename in each.renames),
        returns=_returns(contract),
        plan_id=approvable_plan(connection, migration) if section.approvals else None,
        authors=authors_of(migration) if section.approvals and settings.gates.separation_of_duties else None,
    )


def _returns(contract: Sequence[Step]) -> tuple[ObjectRef, ...]:
    """Return the names that objects have by the end, as the twin of a key that is widened has the key's.

    So has a view that is dropped and made again.
    """
    given: dict[ObjectRef, None] = {}
    for each in (effects for step in contract for effects in step.effects):
        for ref in (*each.removes, *(rename.source for rename in each.renames)):
            given.pop(ref, None)
        given |= dict.fromkeys(ref for ref in each.creates if ref.kind == "view")
        for source, new_name in each.renames:
            given[ObjectRef(source.kind, source.schema, new_name, source.table)] = None
    return tuple(given)


def _made(migration: Migration, version: int) -> tuple[ObjectRef, ...]:
    steps: list[Step] = []
    for phase in ("expand", "migrate"):
        steps += steps_in(migration.files.get(phase), phase, version)
    return tuple(ref for step in steps for ref in step.creates)


def as_detail(results: Sequence[GateResult]) -> dict[str, object]:
    """Return what the record of the decision holds: all results, and whose approvals counted."""
    counted = next((result.evidence.get("counted") for result in results if result.gate == "approvals"), None)
    return {"gates": as_json(results), "approvers": counted or []}


def as_json(results: Sequence[GateResult]) -> list[dict[str, object]]:
    """Return the results as they are stored with the decision and printed."""
    return [
        {
            "gate": r.gate,
            "status": r.status.value,
            "reason": r.reason,
            "forced": r.is_forced,
            "evidence": dict(r.evidence),
        }
        for r in results
    ]


class ContractShut(GateClosed):
    """The contract may not begin; `results` are the gates that are not open."""

    def __init__(self, migration: str, results: Sequence[GateResult]) -> None:
        self.results = tuple(results)
        reasons = "; ".join(f"{result.gate} {result.status.value}: {result.reason}" for result in results)
        super().__init__(
            f"The contract of {migration} may not begin: {reasons}.",
            f"`migrator gate {migration}` shows all gates; run the same command when they are open.",
            gates=as_json(results),
        )
