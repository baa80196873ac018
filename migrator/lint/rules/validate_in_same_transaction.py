"""Validates a constraint in the transaction that added it.

Why:
    Adding a constraint NOT VALID takes a strong lock for an instant, but only a COMMIT gives it back. When VALIDATE
    follows in the same transaction, that lock is held while every row is read, as if NOT VALID had not been written.

Bad:
    BEGIN;
    ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0) NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT users_age_positive;
    COMMIT;

Good:
    ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0) NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT users_age_positive;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import ObjectRef
from migrator.statements.parse import pb


def check(file: FileContext) -> Iterator[Claim]:
    """Report validations whose constraint was added in the same transaction, or in the same statement."""
    for action in file.actions(pb.AT_ValidateConstraint):
        level = _held_level(file, action)
        if level is None or file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            takes("The transaction that added the constraint", level, action.table, "while VALIDATE reads every row"),
            "Let VALIDATE CONSTRAINT be its own transaction: put COMMIT before it.",
            lock=level,
            table=action.table,
        )


def _held_level(file: FileContext, action: Action) -> LockLevel | None:
    """Return the lock that was taken to add the constraint and is still held."""
    constraint = ObjectRef("constraint", action.table.schema, action.cmd.name, action.table.name)
    own, transaction = action.step, action.step.progress.transaction
    for step in file.steps[: own.number + 1]:
        is_same = step is own or (transaction is not None and step.progress.transaction == transaction)
        if is_same and constraint in step.effects.creates:
            return next(lock.level for lock in step.effects.locks if lock.table == action.table)
    return None
