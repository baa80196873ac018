"""Makes a serial column.

Why:
    serial is a default and a sequence that hang together loosely: privileges, copies and drops forget one of them.
    An identity column is one thing.

Bad:
    CREATE TABLE notes (id bigserial PRIMARY KEY);

Good:
    CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.new_columns import new_columns
from migrator.names import quote
from migrator.statements.facts.columns import is_serial

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report new serial columns."""
    for step, table, column in new_columns(file):
        if is_serial(column):
            yield step.claim(
                f"{table}.{quote(column.colname)} is a serial.",
                "Use bigint GENERATED ALWAYS AS IDENTITY.",
                severity=SEVERITY,
            )
