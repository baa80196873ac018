"""Drops a table that running code may still use.

Why:
    DROP TABLE is instant, the data is gone, and every query that names the table fails from that moment. A partition
    takes its parent's rows with it, and ACCESS EXCLUSIVE on the parent and on the DEFAULT partition.

Bad:
    DROP TABLE old_orders;

Good:
    -- drop it in contract.sql, when nobody uses it; until then take the rights away to see who complains
    REVOKE ALL ON old_orders FROM app;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import removed
from migrator.lint.wording import new_migration, takes
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Held

CATEGORY = Category.DATA_LOSS
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report every dropped table, but for contracts, aborts of what was made, and tables of this file."""
    for step, ref in removed(file, "table"):
        table = TableName(ref.schema, ref.name)
        others = [lock.table for lock in step.effects.locks if lock.table != table and lock.level is LOCK]
        on = " and ".join(map(str, (table, *others)))
        yield step.claim(
            f"{takes('DROP TABLE', LOCK, on, 'for an instant')} The rows are lost, and every query that names the "
            "table fails.",
            "Release code that does not use the table, and drop it in the contract.sql of a migration: "
            + new_migration("drop-table", table=table),
            lock=LOCK,
            table=table,
            held=Held.INSTANT,
        )
