"""Drops a sequence that running code may still draw from.

Why:
    Every nextval() on it fails from that moment, and the numbers that were given out are forgotten.

Bad:
    DROP SEQUENCE invoice_number;

Good:
    CREATE SEQUENCE invoice_number_new;
    DROP SEQUENCE invoice_number_new;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import gone, removed

CATEGORY = Category.DATA_LOSS


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped sequences."""
    for step, ref in removed(file, "sequence"):
        yield gone(step, ref, "nextval() and inserts that need a number from it")
