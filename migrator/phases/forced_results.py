"""What forced gates do to the answers: one that is not open counts as open, and says so."""

from collections.abc import Sequence
from dataclasses import replace

from migrator.gates.gate import GateResult, GateStatus
from migrator.phases.folder import Migration
from migrator.state.forced import ForcedGate
from migrator.state.records import MigrationRecord


def with_forces(
    results: Sequence[GateResult], forces: Sequence[ForcedGate], migration: Migration, record: MigrationRecord | None
) -> tuple[GateResult, ...]:
    """Return the results with the forces that count now; one that no longer counts is named in its gate's reason."""
    given = {result.gate: [force for force in forces if force.gate == result.gate] for result in results}
    return tuple(_with_force(result, given[result.gate], migration, record) for result in results)


def _with_force(
    result: GateResult, forces: Sequence[ForcedGate], migration: Migration, record: MigrationRecord | None
) -> GateResult:
    if not forces:
        return result
    force = forces[-1]
    if not _counts(force, migration, record):
        note = "; it was forced for another text or run of this contract, which no longer counts"
        return replace(result, reason=result.reason + note)
    if result.status is GateStatus.OPEN:
        return replace(result, reason=f"{result.reason}; it was {force.words}", is_forced=True)
    evidence = {**result.evidence, "forced": _facts(force, result)}
    reason = f"{force.words}; it is {result.status.value}: {result.reason}"
    return GateResult(result.gate, GateStatus.OPEN, reason, evidence, is_forced=True)


def _counts(force: ForcedGate, migration: Migration, record: MigrationRecord | None) -> bool:
    began = record.expanded_at if record else None
    is_of_this_run = began is not None and force.forced_at is not None and force.forced_at >= began
    return is_of_this_run and force.checksum == migration.contract_checksum


def _facts(force: ForcedGate, result: GateResult) -> dict[str, object]:
    return {
        "actor": force.actor,
        "approvers": list(force.approvers),
        "reason": force.reason,
        "url": force.url,
        "head": force.head,
        "forced_at": force.forced_at.isoformat() if force.forced_at else None,
        "status": result.status.value,
        "because": result.reason,
    }
