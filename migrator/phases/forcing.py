"""`migrator gate force`: a gate that is not open counts as open, because two people who did not ask for it agreed.

It counts for the contract's text and the run of the migration that it was given for, and is told for ever: in the
gate's reason, in the status, in the history and in the audit row of the contract that went on because of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.config import Settings
from migrator.errors import InputError, InvalidTransition
from migrator.gates.gate import GateResult, GateStatus
from migrator.phases.evidence import ask
from migrator.phases.folder import Migration
from migrator.state import forced
from migrator.state.approvals import SHORTEST_REASON
from migrator.state.forced import ForcedGate
from migrator.state.store import Store

_PHASE = "contract"
_NOT_TO_FORCE = "phase"
"""The order of phases is no evidence that somebody could vouch for."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Who agreed, and where that can be looked at."""

    approvers: tuple[str, ...]
    url: str
    head: str
    evidence_sha256: str


def force_gate(
    store: Store, settings: Settings, migration: Migration, gate: str, *, reason: str, permission: Permission
) -> ForcedGate:
    """Record the force with its audit row.

    Args:
        store: whose actor asks for it.
        settings: to see what the gate says now.
        migration: as on disk; its contract's checksum is what the force is bound to.
        gate: the gate's name.
        reason: kept for ever.
        permission: checked already.

    Raises:
        InputError: there is no such gate here, it is open, or the reason says nothing.
        InvalidTransition: the migration has not expanded.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise InputError(f"The reason {reason!r} says nothing.", "Say with --reason why it cannot wait.")
    record = store.migration(migration.id)
    if record is None or record.expanded_at is None:
        raise InvalidTransition(
            f"{migration.id} has not expanded: none of its gates can be forced yet.", "Expand and migrate it first."
        )
    found = _result(ask(store.connection, settings, migration), migration, gate)
    row = ForcedGate(
        migration.id,
        _PHASE,
        gate,
        migration.contract_checksum,
        store.actor,
        reason.strip(),
        permission.approvers,
        permission.url,
        permission.head,
        permission.evidence_sha256,
        found.status.value,
        found.reason,
    )
    with store.connection.transaction():
        forced.record(store.connection, row)
        store.audit("gate.forced", migration.id, _detail(row))
    return forced.forced_gates(store.connection, migration.id)[-1]


def _result(results: Sequence[GateResult], migration: Migration, gate: str) -> GateResult:
    names = [result.gate for result in results if result.gate != _NOT_TO_FORCE]
    if gate not in names:
        asked = ", ".join(names) or "none"
        raise InputError(f"{migration.id} has no gate {gate} that can be forced (there: {asked}).", "Name one of them.")
    found = next(result for result in results if result.gate == gate)
    if found.status is GateStatus.OPEN:
        raise InputError(f"The gate {gate} of {migration.id} is open: {found.reason}.", "There is nothing to force.")
    return found


def _detail(row: ForcedGate) -> dict[str, object]:
    return {
        "phase": row.phase,
        "gate": row.gate,
        "reason": row.reason,
        "approvers": list(row.approvers),
        "url": row.url,
        "head": row.head,
        "evidence_sha256": row.evidence_sha256,
        "checksum": row.checksum,
        "found": {"status": row.found_status, "reason": row.found_reason},
    }
