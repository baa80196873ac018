"""Moves a table to another schema under running code.

Why:
    The move is instant, and every query that names the old schema, or finds the table by its search_path, fails from
    that moment. A view in the old place, made in the same transaction, serves both.

Bad:
    ALTER TABLE users SET SCHEMA archive;

Good:
    BEGIN;
    ALTER TABLE users SET SCHEMA archive;
    CREATE VIEW users AS SELECT * FROM archive.users;
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
    """Report every moved table, but for contracts, undone ones, new tables, and where a view keeps the name."""
    yield from renamed_tables(file, "alter_object_schema_stmt", "SET SCHEMA")
