"""Drops a view that running code may still read.

Why:
    Every query that reads the view fails from that moment. A view that is dropped and created again in one transaction
    is never missing.

Bad:
    DROP VIEW reports;

Good:
    BEGIN;
    DROP VIEW reports;
    CREATE VIEW reports AS SELECT 1 AS n;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import gone, removed

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped views and materialized views."""
    for step, ref in removed(file, "view", "materialized view"):
        yield gone(step, ref, "queries that read it")
