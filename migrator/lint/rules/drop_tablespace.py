"""Drops a tablespace.

Why:
    The directory goes from every database of the server at once, and no transaction can take it back. A migration of a
    schema has no reason to do it.

Bad:
    DROP TABLESPACE slow;

Good:
    ALTER TABLESPACE slow RENAME TO slow_until_december;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim

CATEGORY = Category.DATA_LOSS


def check(file: FileContext) -> Iterator[Claim]:
    """Report DROP TABLESPACE."""
    for step in file.of_kind("drop_table_space_stmt"):
        name = step.statement.node.drop_table_space_stmt.tablespacename
        yield step.claim(
            f"DROP TABLESPACE {name} takes it from every database of the server, and cannot be undone.",
            "Take it out of the migration, and let a person drop it by hand when it is empty.",
        )
