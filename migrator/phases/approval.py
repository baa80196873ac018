"""A person's approval of a contract, bound to the text that will run."""

from migrator.errors import InputError
from migrator.phases.folder import Migration
from migrator.state import approvals
from migrator.state.store import Store


def approve_contract(store: Store, migration: Migration, reason: str) -> None:
    """Record the approval of the store's actor, with its audit row.

    Raises:
        InputError: there is no contract to approve yet.
    """
    if not migration.statements("contract"):
        raise InputError(f"{migration.id} has no contract.sql to approve.", "Write it first.")
    with store.connection.transaction():
        store.open(migration.id, migration.manifest.model_dump(mode="json"), migration.manifest.contract_by)
        checksum = migration.contract_checksum
        approvals.approve(
            store.connection, migration.id, "contract", actor=store.actor, checksum=checksum, reason=reason
        )
        detail = {"phase": "contract", "reason": reason, "checksum": checksum}
        store.audit("contract.approved", migration.id, detail)
