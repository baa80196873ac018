"""Drops a function that running code may still call.

Why:
    Every query, trigger and default that calls the function fails from that moment. CREATE OR REPLACE, or a DROP and a
    CREATE in one transaction, leave no gap.

Bad:
    DROP FUNCTION full_name(text, text);

Good:
    BEGIN;
    DROP FUNCTION full_name(text, text);
    CREATE FUNCTION full_name(a text, b text) RETURNS text LANGUAGE sql AS 'SELECT $1 || $2';
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import gone, removed

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped functions, procedures and aggregates, but for those that migrator made."""
    for step, ref in removed(file, "function"):
        if ref.schema != "migrator":
            yield gone(step, ref, "queries, triggers and defaults that call it")
