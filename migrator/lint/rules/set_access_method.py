"""Changes the access method of a table, which writes all of it again.

Why:
    The whole table and its indexes are written again, by the new method, while nobody reads or writes it. To the method
    that it has already, nothing happens.

Given:
    CREATE TABLE events (id int) USING columnar;

Bad:
    ALTER TABLE events SET ACCESS METHOD heap;

Good:
    CREATE TABLE events_heap (id int) USING heap;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE
SINCE = 15


def check(file: FileContext) -> Iterator[Claim]:
    """Report SET ACCESS METHOD that rewrites, or may."""
    for action in file.actions(pb.AT_SetAccessMethod):
        if action.effects.rewrite is not Fact.NO and not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                "SET ACCESS METHOD",
                LOCK,
                action.table,
                Held.REWRITE,
                "Make a new table with that method and fill it in batches, or do it in a maintenance window.",
                fact=action.effects.rewrite,
                missing=action.effects.missing,
            )
