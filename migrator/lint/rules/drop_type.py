"""Drops a type or domain that running code may still name.

Why:
    Queries that cast to the type fail from that moment, and so do drivers that looked it up when they connected.

Bad:
    DROP TYPE mood;

Good:
    BEGIN;
    CREATE TYPE mood_new AS ENUM ('sad', 'glad');
    DROP TYPE mood_new;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import gone, removed

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped types and domains."""
    for step, ref in removed(file, "type"):
        yield gone(step, ref, "casts and drivers that name it")
