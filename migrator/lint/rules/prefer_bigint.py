"""Makes an integer column of 32 bits.

Why:
    Keys and counters outgrow int at two thousand million, and to change the type then rewrites the table.

Bad:
    CREATE TABLE notes (id int PRIMARY KEY);

Good:
    CREATE TABLE notes (id bigint PRIMARY KEY);
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
    """Report new columns of int and smallint, and of their serials."""
    for step, table, column in new_columns(file):
        if type_words(column)[-1] in {"int2", "int4", "serial", "serial4", "smallserial"}:
            yield step.claim(
                f"{table}.{quote(column.colname)} is an integer of 32 bits or fewer.",
                "Use bigint, also for what references it.",
                severity=SEVERITY,
            )
