"""Makes a column of char(n) or varchar(n).

Why:
    char(n) pads with blanks, and to change it rewrites the table; the limit of varchar(n) can only grow without a
    rewrite. text with a CHECK has neither trouble.

Bad:
    CREATE TABLE notes (title varchar(100));

Good:
    CREATE TABLE notes (title text);
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
    """Report new columns of char(n) and varchar(n)."""
    for step, table, column in new_columns(file):
        if type_words(column)[-1] in {"bpchar", "varchar"} and column.type_name.typmods:
            yield step.claim(
                f"{table}.{quote(column.colname)} has a length in its type.",
                "Use text, with a CHECK where the length matters.",
                severity=SEVERITY,
            )
