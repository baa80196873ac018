"""Adds a column with a CHECK, and reads the whole table under lock to verify it.

Why:
    A CHECK that stands behind a new column is verified at once, under ACCESS EXCLUSIVE, even when the column is NULL
    in every old row. A constraint of its own can be added NOT VALID, and validated while reads and writes go on.

Bad:
    ALTER TABLE users ADD COLUMN age int CHECK (age > 0);

Good:
    ALTER TABLE users ADD COLUMN age int;
    ALTER TABLE users ADD CONSTRAINT users_age_check CHECK (age > 0) NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT users_age_check;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.online import check_in_two_steps
from migrator.lint.rewriting import without_constraint
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new columns with a CHECK."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        constraint = constraints_of(column).get(pb.CONSTR_CHECK)
        if constraint is None or action.effects.scan is Fact.NO or file.is_empty_table(action.table, action.step):
            continue
        yield waits(
            action.step,
            f"ADD COLUMN {quote(column.colname)} … CHECK",
            LOCK,
            action.table,
            Held.SCAN,
            f"Add the column without it, then, each in a transaction of its own: {check_in_two_steps(action, 'check')}",
            fix=without_constraint(file, action, pb.CONSTR_CHECK, "check"),
        )
