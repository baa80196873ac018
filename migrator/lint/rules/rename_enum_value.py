"""Renames a value of an enum under running code.

Why:
    Queries that write or compare the old value fail from that moment: `invalid input value for enum`.

Bad:
    ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy';

Good:
    ALTER TYPE mood ADD VALUE 'unhappy';
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report renamed enum values, but in contracts and of types that this file made."""
    for step in file.of_kind("alter_enum_stmt"):
        for rename in step.effects.renames:
            if not file.may_rename(rename, step):
                yield step.claim(
                    f"The {rename.source} is not known any more: queries that name it fail.",
                    f"Add {rename.new_name!r} beside it, change the rows in batches, and keep the old value.",
                )
