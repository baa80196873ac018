"""Holds a strong lock without a limit of time.

Why:
    A statement that takes longer than was thought keeps everybody away from the table until it is done. A
    statement_timeout ends it. Off by default: it must be longer than every VALIDATE, and never stand around
    CREATE INDEX CONCURRENTLY; migrator's own runner sets one by the kind of lock.

Bad:
    ALTER TABLE users ADD COLUMN plan text;

Good:
    SET statement_timeout = '5s';
    ALTER TABLE users ADD COLUMN plan text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.locks import LockLevel

CATEGORY = Category.TRANSACTION
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report the first statement of a file that holds a strong lock without a limit."""
    if file.phase is not None:
        return
    for step in file.leaves:
        is_new = all(file.is_new_table(lock.table, step) for lock in step.effects.locks)
        if step.effects.level < LockLevel.SHARE or is_new or not step.effects.is_transactional:
            continue
        if step.progress.setting("statement_timeout") is None:
            yield step.claim(
                f"This holds {step.effects.level} without a statement_timeout.",
                "Limit it at the top of the file: SET statement_timeout = '5s';",
                severity=SEVERITY,
            )
        return
