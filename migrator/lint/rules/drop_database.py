"""Drops a database.

Why:
    Everything in it is lost, and no transaction can take it back. A migration of a schema has no reason to do it.

Bad:
    DROP DATABASE shop;

Good:
    ALTER DATABASE shop RENAME TO shop_until_december;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim

CATEGORY = Category.DATA_LOSS


def check(file: FileContext) -> Iterator[Claim]:
    """Report DROP DATABASE."""
    for step in file.of_kind("dropdb_stmt"):
        name = step.statement.node.dropdb_stmt.dbname
        yield step.claim(
            f"DROP DATABASE {name} loses all that is in it, and cannot be undone.",
            "Take it out of the migration; rename it first, and let a person drop it by hand when nobody missed it.",
        )
