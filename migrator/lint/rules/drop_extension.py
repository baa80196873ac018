"""Drops an extension with all its functions, types and operators.

Why:
    Queries that use any of them fail from that moment, and columns of its types cannot be read any more.

Bad:
    DROP EXTENSION pg_trgm;

Good:
    CREATE EXTENSION pg_trgm;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import gone, removed

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped extensions."""
    for step, ref in removed(file, "extension"):
        yield gone(step, ref, "queries that use its functions, types and operators")
