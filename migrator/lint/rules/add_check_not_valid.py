"""Adds a CHECK and reads the whole table under lock to verify it.

Why:
    ADD CHECK takes ACCESS EXCLUSIVE and holds it while every row is read. With NOT VALID it is instant and holds for
    new rows; VALIDATE CONSTRAINT then reads the old ones while reads and writes go on.

Bad:
    ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0);

Good:
    ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0) NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT users_age_positive;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.online import check_in_two_steps
from migrator.lint.rewriting import not_valid
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report checks that are verified at once."""
    for action in file.actions(pb.AT_AddConstraint):
        constraint = definition(action.cmd).constraint
        if constraint.contype != pb.CONSTR_CHECK or action.effects.scan is Fact.NO:
            continue
        if not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                "Adding a CHECK",
                LOCK,
                action.table,
                Held.SCAN,
                f"Add it with NOT VALID, and validate it in another transaction: {check_in_two_steps(action, 'check')}",
                fix=not_valid(file, action, constraint.conname),
            )
