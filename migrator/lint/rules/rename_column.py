"""Renames a column under running code.

Why:
    RENAME COLUMN is instant on every version, but there is no moment at which old and new code both work: code that
    runs knows only the old name, and code that is being deployed only the new one.

Bad:
    ALTER TABLE users RENAME COLUMN email TO mail;

Good:
    -- expand.sql; a trigger keeps both in step, a backfill fills the old rows, contract.sql drops the old name
    ALTER TABLE users ADD COLUMN mail text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.wording import new_migration, takes
from migrator.locks import LockLevel
from migrator.names import TableName, quote
from migrator.statements.effects import Held

CATEGORY = Category.COMPATIBILITY
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report every renamed column of a table or view, but for contracts, undone renames and new tables."""
    for step in file.of_kind("rename_stmt"):
        for rename in step.effects.renames:
            if rename.source.kind != "column" or file.may_rename(rename, step):
                continue
            table = TableName(rename.source.schema, rename.source.table)
            lock = takes("RENAME COLUMN", LOCK, table, "for an instant")
            yield step.claim(
                f"{lock} Afterwards every query that names {quote(rename.source.name)} fails.",
                "Add the new column beside the old: "
                + new_migration("rename-column", table=table, from_=rename.source.name, to=rename.new_name),
                lock=LOCK,
                held=Held.INSTANT,
                table=table,
            )
