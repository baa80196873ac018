"""Makes an enum.

Why:
    Values can be added and renamed, but never removed or put in another order; a table of values, or a text with a
    CHECK, can.

Bad:
    CREATE TYPE mood AS ENUM ('sad', 'glad');

Good:
    CREATE TABLE moods (name text PRIMARY KEY);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report CREATE TYPE … AS ENUM."""
    for step in file.of_kind("create_enum_stmt"):
        yield step.claim(
            "A value of an enum can never be removed again.",
            "Use a table that is referenced, or a text column with a CHECK.",
            severity=SEVERITY,
        )
