"""Waits for a strong lock without a limit.

Why:
    A statement that waits for a strong lock makes every later query on the table wait behind it, even when it would
    need the lock for an instant only. A lock_timeout ends that after some seconds, and the statement is tried again.
    Off by default: migrator's own runner sets it for every statement, and so do many others, or the role they use.

Bad:
    ALTER TABLE users ADD COLUMN plan text;

Good:
    SET lock_timeout = '2s';
    ALTER TABLE users ADD COLUMN plan text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.rewriting import line_at_start
from migrator.locks import LockLevel

CATEGORY = Category.TRANSACTION
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report the first statement of a file that waits for a strong lock without a limit."""
    if file.phase is not None:
        return
    is_safe_to_set = all(step.effects.is_transactional for step in file.leaves)
    for step in file.leaves:
        is_new = all(file.is_new_table(lock.table, step) for lock in step.effects.locks)
        if step.effects.level < LockLevel.SHARE or is_new or not step.effects.is_transactional:
            continue
        if step.progress.setting("lock_timeout") is None:
            yield step.claim(
                f"This waits for {step.effects.level} without a lock_timeout, and every later query waits behind it.",
                "Limit the wait at the top of the file: SET lock_timeout = '2s';",
                severity=SEVERITY,
                fix=line_at_start(file, "Set a lock_timeout", "SET lock_timeout = '2s';") if is_safe_to_set else None,
            )
        return
