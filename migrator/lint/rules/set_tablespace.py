"""Moves a table to another tablespace, which copies all of it under lock.

Why:
    The whole table is copied while nobody reads or writes it. To the tablespace where it is already, nothing happens;
    the SQL alone cannot tell which one that is.

Bad:
    ALTER TABLE events SET TABLESPACE fast;

Good:
    CREATE INDEX CONCURRENTLY events_id_fast ON events (id) TABLESPACE fast;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report SET TABLESPACE that copies, or may."""
    for action in file.actions(pb.AT_SetTableSpace):
        if action.effects.rewrite is not Fact.NO and not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                "SET TABLESPACE",
                LOCK,
                action.table,
                Held.REWRITE,
                "Make a new table in that tablespace and fill it in batches, or do it in a maintenance window.",
                fact=action.effects.rewrite,
                missing=action.effects.missing,
                how_long="while all of it is copied",
            )
