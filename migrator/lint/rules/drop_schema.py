"""Drops a schema.

Why:
    Code that names the schema fails from that moment; with CASCADE everything in it is lost as well, whatever it is.

Bad:
    DROP SCHEMA reporting;

Good:
    CREATE SCHEMA reporting_new;
    DROP SCHEMA reporting_new;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import gone, removed

CATEGORY = Category.DATA_LOSS


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped schemas."""
    for step, ref in removed(file, "schema"):
        yield gone(step, ref, "queries that name it")
