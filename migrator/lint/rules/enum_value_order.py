"""Adds an enum value without saying where.

Why:
    It comes last, and ORDER BY and comparisons follow that order for ever.

Bad:
    ALTER TYPE mood ADD VALUE 'curious';

Good:
    ALTER TYPE mood ADD VALUE 'curious' AFTER 'glad';
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report ADD VALUE without BEFORE or AFTER."""
    for step in file.of_kind("alter_enum_stmt"):
        if step.statement.node.alter_enum_stmt.old_val or step.statement.node.alter_enum_stmt.new_val_neighbor:
            continue
        yield step.claim(
            "The value comes last in the order of the enum, for ever.",
            "Say where it stands: ADD VALUE … BEFORE … or AFTER …",
            severity=SEVERITY,
        )
