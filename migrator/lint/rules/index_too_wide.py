"""Indexes more than three columns.

Why:
    Wide indexes cost much at every write and are seldom used beyond their first columns.

Bad:
    CREATE INDEX CONCURRENTLY users_wide ON users (id, mail, email, age);

Good:
    CREATE INDEX CONCURRENTLY users_narrow ON users (id, mail);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report indexes on more than three columns that are not unique."""
    for step in file.of_kind("index_stmt"):
        index = step.statement.node.index_stmt
        if index.unique or len(index.index_params) <= 3:  # noqa: PLR2004 the measure of strong_migrations
            continue
        yield step.claim(
            f"The index has {len(index.index_params)} columns.",
            "Index the columns that narrow the search most, and leave the others away or put them into INCLUDE.",
            severity=SEVERITY,
        )
