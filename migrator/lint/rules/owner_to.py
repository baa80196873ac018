"""Gives a table to another owner.

Why:
    The old owner can neither alter the table nor, without a GRANT, read it any more, and row security begins to
    hold for it.

Bad:
    ALTER TABLE users OWNER TO pg_monitor;

Good:
    GRANT SELECT ON users TO pg_monitor;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report OWNER TO of tables."""
    for action in file.actions(pb.AT_ChangeOwner):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            takes("OWNER TO", LOCK, action.table, "for an instant")
            + " The old owner keeps only what was granted to it.",
            "GRANT the old owner what running code needs, before.",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            table=action.table,
        )
