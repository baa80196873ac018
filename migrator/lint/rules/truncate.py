"""Empties a table at once.

Why:
    TRUNCATE is instant, the rows are lost, and every query on the table waits for the lock and then sees nothing. With
    CASCADE the same happens to every table that references it.

Bad:
    TRUNCATE sessions;

Good:
    DELETE FROM sessions WHERE expires_at < now() - interval '30 days';
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held

CATEGORY = Category.DATA_LOSS
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report every table that is emptied, but for those that this file made."""
    for step in file.of_kind("truncate_stmt"):
        for lock in step.effects.locks:
            if file.is_new_table(lock.table, step):
                continue
            yield step.claim(
                takes("TRUNCATE", lock.level, lock.table, "for an instant") + " Every row of the table is lost.",
                "DELETE in batches the rows that are not needed, or allow it with the reason why nobody needs them: "
                "-- migrator: allow truncate: <reason>",
                lock=LOCK,
                held=Held.INSTANT,
                table=lock.table,
            )
