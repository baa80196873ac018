"""Makes a timestamp column without a time zone.

Why:
    Its value is a moment only together with a time zone that is written nowhere.

Bad:
    CREATE TABLE notes (at timestamp);

Good:
    CREATE TABLE notes (at timestamptz);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.new_columns import new_columns
from migrator.names import quote
from migrator.statements.facts.columns import type_words

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report new columns of timestamp without time zone."""
    for step, table, column in new_columns(file):
        if type_words(column)[-1] == "timestamp":
            yield step.claim(
                f"{table}.{quote(column.colname)} is a timestamp without time zone.",
                "Use timestamptz instead of timestamp.",
                severity=SEVERITY,
            )
