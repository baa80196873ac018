"""Switches a trigger on or off.

Why:
    ENABLE and DISABLE TRIGGER take SHARE ROW EXCLUSIVE, so that writes wait, and what the trigger did for running
    code does not happen any more, or happens twice.

Bad:
    ALTER TABLE users DISABLE TRIGGER touch;

Good:
    CREATE TABLE users_log (id int);
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
LOCK = LockLevel.SHARE_ROW_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report every switched trigger."""
    for action in file.actions(
        pb.AT_EnableTrig,
        pb.AT_DisableTrig,
        pb.AT_EnableTrigAll,
        pb.AT_DisableTrigAll,
        pb.AT_EnableTrigUser,
        pb.AT_DisableTrigUser,
    ):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            takes("Switching a trigger", LOCK, action.table, "for an instant"),
            "Make sure that running code needs what the trigger does in neither case.",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            table=action.table,
        )
