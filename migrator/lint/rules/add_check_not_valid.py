"""Adds a CHECK and reads the whole table under lock to verify it.

Why:
    ADD CHECK takes ACCESS EXCLUSIVE and holds it while every row is read; also with ADD COLUMN … CHECK. With NOT VALID
    it is instant and holds for new rows; VALIDATE CONSTRAINT then reads the old ones while reads and writes go on.

Bad:
    ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0);

Good:
    ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0) NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT users_age_positive;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Fact
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.parse import pb


def check(file: FileContext) -> Iterator[Claim]:
    """Report checks that are verified at once, also inline ones of new columns."""
    for action in file.actions(pb.AT_AddConstraint, pb.AT_AddColumn):
        if not _adds_check(action) or file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            takes("Adding a CHECK", LockLevel.ACCESS_EXCLUSIVE, action.table, "while every row is read"),
            f"Add it as a constraint with NOT VALID, and then, in another transaction: "
            f"ALTER TABLE {action.table} VALIDATE CONSTRAINT …;",
            lock=LockLevel.ACCESS_EXCLUSIVE,
            table=action.table,
        )


def _adds_check(action: Action) -> bool:
    argument = definition(action.cmd)
    if action.cmd.subtype == pb.AT_AddColumn:
        return pb.CONSTR_CHECK in constraints_of(argument.column_def)
    return argument.constraint.contype == pb.CONSTR_CHECK and action.effects.scan is Fact.YES
