"""Makes a table logged or unlogged, which writes all of it again.

Why:
    SET LOGGED and SET UNLOGGED copy the whole table and its indexes while nobody reads or writes it; SET LOGGED writes
    all of it to the WAL as well. On a table that is that way already nothing happens.

Given:
    CREATE UNLOGGED TABLE events (id int);

Bad:
    ALTER TABLE events SET LOGGED;

Good:
    CREATE TABLE events_logged (LIKE events INCLUDING ALL);
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
    """Report SET LOGGED and SET UNLOGGED that change something, or may."""
    for action in file.actions(pb.AT_SetLogged, pb.AT_SetUnLogged):
        if action.effects.rewrite is not Fact.NO and not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                "SET LOGGED" if action.cmd.subtype == pb.AT_SetLogged else "SET UNLOGGED",
                LOCK,
                action.table,
                Held.REWRITE,
                "Make a new table of the wanted kind, fill it in batches, and let the two change their names.",
                fact=action.effects.rewrite,
                missing=action.effects.missing,
            )
