"""Validates a constraint in the transaction that added it.

Why:
    Adding a constraint NOT VALID takes a strong lock for an instant, but only a COMMIT gives it back. When VALIDATE
    follows in the same transaction, that lock is held while every row is read, as if NOT VALID had not been written.
    For a CHECK that is ACCESS EXCLUSIVE; for a foreign key SHARE ROW EXCLUSIVE, and reads go on.

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

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.transactions import adds_beside
from migrator.lint.waits import waits
from migrator.statements.effects import Held
from migrator.statements.parse import pb


def check(file: FileContext) -> Iterator[Claim]:
    """Report validations whose constraint was added in the same transaction, or in the same statement."""
    for action in file.actions(pb.AT_ValidateConstraint):
        adding = adds_beside(file.transactions, action)
        if adding is not None and not file.is_empty_table(action.table, action.step):
            level = next(lock.level for lock in adding.effects.locks if lock.table == action.table)
            yield waits(
                action.step,
                "The transaction that added the constraint",
                level,
                action.table,
                Held.SCAN,
                "Let VALIDATE CONSTRAINT be its own transaction: put COMMIT before it.",
                how_long="while VALIDATE reads every row",
            )
