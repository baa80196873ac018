"""Adds a value to an enum that running code reads.

Why:
    Code that maps every value to a constant of its own fails on the first row with the new one.

Bad:
    ALTER TYPE mood ADD VALUE 'curious';

Good:
    CREATE TYPE mood_new AS ENUM ('curious');
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report ADD VALUE."""
    for step in file.of_kind("alter_enum_stmt"):
        if step.statement.node.alter_enum_stmt.old_val:
            continue
        yield step.claim(
            f"Code that does not know {step.statement.node.alter_enum_stmt.new_val!r} may fail on a row with it.",
            "Release code that can read the value first, and write it afterwards.",
            severity=SEVERITY,
        )
