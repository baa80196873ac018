"""Drops an attribute of a composite type that running code may read.

Why:
    No table is locked, but from that moment every query that names the attribute fails, and so do drivers that read
    values of the type by the attributes that they saw when they connected.

Given:
    CREATE TYPE address AS (street text, zip text);

Bad:
    ALTER TYPE address DROP ATTRIBUTE zip;

Good:
    ALTER TYPE address ADD ATTRIBUTE country text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped attributes, but for contracts and aborts of what was added."""
    for step in file.of_kind("alter_table_stmt"):
        for ref in step.effects.removes:
            if ref.kind == "attribute" and not file.may_remove(ref, step):
                yield step.claim(
                    f"The {ref} is gone at once: queries that name it, and drivers that read the type, fail.",
                    "Release code that does not use it, and drop it in the contract.sql of a migration.",
                )
