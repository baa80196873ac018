"""Drops a column that running code may still use.

Why:
    DROP COLUMN is instant, and from that moment every query that names the column fails, also those of ORMs that
    list all columns. Indexes, constraints and statistics that mention the column go with it, without a word.

Bad:
    ALTER TABLE users DROP COLUMN email;

Good:
    -- expand.sql: new rows need no value; the column itself is dropped in contract.sql, when nobody uses it
    ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.wording import new_migration, takes
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Held, ObjectRef
from migrator.statements.parse import pb

CATEGORY = Category.DATA_LOSS
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report every dropped column, but for contracts, aborts of what was added, and new tables."""
    for action in file.actions(pb.AT_DropColumn):
        table, column = action.table, action.cmd.name
        if file.may_remove(ObjectRef("column", table.schema, column, table.name), action.step):
            continue
        lock = takes("DROP COLUMN", LOCK, table, "for an instant")
        yield action.step.claim(
            f"{lock} Afterwards every query that names {quote(column)} fails.",
            "Release code that does not use the column, and drop it in contract.sql: "
            + new_migration("drop-column", table=table, column=column),
            lock=LOCK,
            held=Held.INSTANT,
            table=table,
        )
