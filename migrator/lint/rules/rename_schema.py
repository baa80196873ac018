"""Renames a schema under running code.

Why:
    Every query that names the schema fails from that moment, and every search_path that holds it finds nothing there.

Bad:
    ALTER SCHEMA shop RENAME TO store;

Good:
    CREATE SCHEMA store;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report renamed schemas that this file did not make."""
    for step in file.of_kind("rename_stmt"):
        for rename in step.effects.renames:
            if rename.source.kind == "schema" and not file.may_rename(rename, step):
                yield step.claim(
                    f"The {rename.source} has another name at once: queries and search_paths with the old one fail.",
                    "Make the new schema beside the old, with views of its tables, and drop the old one later.",
                )
