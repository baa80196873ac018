"""Renames a table under running code.

Why:
    The rename is instant, and every query with the old name fails from that moment, while code with the new name
    fails until then. A view with the old name, made in the same transaction, serves both.

Bad:
    ALTER TABLE users RENAME TO people;

Good:
    BEGIN;
    ALTER TABLE users RENAME TO people;
    CREATE VIEW users AS SELECT * FROM people;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.renamed_tables import renamed_tables
from migrator.locks import LockLevel

CATEGORY = Category.COMPATIBILITY
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report every renamed table, but for contracts, undone ones, new tables, and where a view keeps the name."""
    yield from renamed_tables(file, "rename_stmt", "RENAME TO")
