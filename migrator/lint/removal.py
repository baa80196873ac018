"""What a DROP removes under running code: shared by the rules about each kind of object."""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim, Severity
from migrator.statements.effects import ObjectRef


def removed(file: FileContext, *kinds: str) -> Iterator[tuple[Step, ObjectRef]]:
    """Yield what DROP statements remove, but for contracts, undone changes, what is new, and what is made again.

    Made again: in the same transaction, so that nobody sees the gap.
    """
    for step in file.of_kind("drop_stmt"):
        for ref in step.effects.removes:
            if ref.kind in kinds and not file.may_remove(ref, step) and not is_made_again(file, step, ref):
                yield step, ref


def gone(step: Step, ref: ObjectRef, users: str, *, severity: Severity = Severity.ERROR) -> Claim:
    """Return the claim that everything that uses the object fails from now on."""
    return step.claim(
        f"The {ref} is gone at once: {users} fail from that moment.",
        f"Release code that does not use it, and drop it in the contract.sql of a migration. To put another {ref.kind} "
        "in its place, drop and create it in one transaction.",
        severity=severity,
    )


def is_made_again(file: FileContext, step: Step, ref: ObjectRef) -> bool:
    """Whether the same transaction makes something of this kind and name, or gives the name to another one."""
    for other in file.transactions.together(step):
        if other.order > step.order:
            named = (*other.effects.creates, *(rename.target for rename in other.effects.renames))
            if ref in named:
                return True
    return False
