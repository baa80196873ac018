"""Locks a table against its users by hand.

Why:
    LOCK TABLE holds the lock until the transaction ends, whatever happens in between. Statements take the locks that
    they need by themselves, and for no longer.

Bad:
    BEGIN;
    LOCK TABLE users IN SHARE MODE;
    COMMIT;

Good:
    BEGIN;
    LOCK TABLE users IN ROW EXCLUSIVE MODE;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held


def check(file: FileContext) -> Iterator[Claim]:
    """Report locks that block writes or reads of a table that is not new."""
    for step in file.of_kind("lock_stmt"):
        for lock in step.effects.locks:
            if lock.level >= LockLevel.SHARE and not file.is_new_table(lock.table, step):
                yield step.claim(
                    takes("LOCK TABLE", lock.level, lock.table, "until the transaction ends"),
                    "Leave it away; if the order of locks matters, set lock_timeout and keep the transaction short.",
                    lock=lock.level,
                    table=lock.table,
                    held=Held.UNBOUNDED,
                )
