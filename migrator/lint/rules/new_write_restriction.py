"""Rejects writes that were accepted before.

Why:
    A new CHECK, UNIQUE or foreign key holds for new rows from that moment, also with NOT VALID; and a CHECK that is
    NOT VALID fails every UPDATE of an old bad row, whatever it changes. Off by default: that is what constraints
    are for.

Bad:
    ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0) NOT VALID;

Good:
    CREATE TABLE people (age int CHECK (age > 0));
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.statements.facts.columns import definition
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report every new constraint of an existing table, but for proofs of NOT NULL."""
    for action in file.actions(pb.AT_AddConstraint):
        if file.is_new_table(action.table, action.step) or definition(action.cmd).constraint.indexname:
            continue
        yield action.step.claim(
            f"Writes to {action.table} that do not meet the constraint fail from now on.",
            "Correct the rows and release code that meets the constraint first.",
            severity=SEVERITY,
            table=action.table,
        )
