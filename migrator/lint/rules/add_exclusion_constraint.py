"""Adds an EXCLUDE constraint and builds its index under lock.

Why:
    The index is built under ACCESS EXCLUSIVE: nobody reads or writes the table meanwhile. There is no online form:
    NOT VALID and USING INDEX are both errors.

Bad:
    ALTER TABLE bookings ADD CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&);

Good:
    CREATE TABLE bookings_new (during tstzrange, CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&));
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.columns import definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report exclusion constraints on tables that may hold rows."""
    for action in file.actions(pb.AT_AddConstraint):
        is_exclusion = definition(action.cmd).constraint.contype == pb.CONSTR_EXCLUSION
        if is_exclusion and not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                "Adding EXCLUDE",
                LOCK,
                action.table,
                Held.BUILD,
                "There is no online form: add it to a new table, and move the rows there in batches.",
            )
