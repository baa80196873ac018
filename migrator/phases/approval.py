"""A person's approval of a contract, bound to the text and the plan that will run."""

from migrator.errors import InputError, InvalidTransition
from migrator.phases.folder import Migration
from migrator.phases.plan_id import approvable_plan
from migrator.state import approvals
from migrator.state.approvals import Approval
from migrator.state.store import Store


def approve_contract(store: Store, migration: Migration, reason: str) -> Approval:
    """Record the approval of the store's actor, with its audit row.

    Raises:
        InputError: there is no contract to approve yet.
        InvalidTransition: it has not migrated, or the contract has begun.
    """
    if not migration.statements("contract"):
        raise InputError(f"{migration.id} has no contract.sql to approve.", "Write it first.")
    plan = approvable_plan(store.connection, migration)
    if plan is None:
        record = store.migration(migration.id)
        state = record.state.value if record else "pending"
        raise InvalidTransition(
            f"{migration.id} is {state}: there is no plan of its contract that could be approved.",
            "An approval is for what will run on the schema as it is then; approve when it is migrated.",
        )
    checksum = migration.contract_checksum
    with store.connection.transaction():
        given = approvals.approve(
            store.connection,
            migration.id,
            "contract",
            actor=store.actor,
            checksum=checksum,
            reason=reason,
            plan_id=plan,
        )
        detail = {"phase": "contract", "reason": reason, "checksum": checksum, "plan": plan}
        store.audit("contract.approved", migration.id, detail)
    return given
