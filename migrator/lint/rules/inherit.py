"""Makes a table the child of another one, or ends that.

Why:
    Queries on the parent see its rows from that moment, or see them no more. INHERIT also takes SHARE UPDATE
    EXCLUSIVE on the parent.

Bad:
    ALTER TABLE archive INHERIT users;

Good:
    CREATE TABLE archive_new () INHERITS (users);
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
    """Report INHERIT and NO INHERIT."""
    for action in file.actions(pb.AT_AddInherit, pb.AT_DropInherit):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            takes("INHERIT", LOCK, action.table, "for an instant")
            + " Queries on the parent see other rows afterwards.",
            "Make sure that running code reads FROM ONLY where it means the parent alone.",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            table=action.table,
        )
