"""A suppression comment that suppresses nothing.

Why:
    It stood beside a finding that is gone, or in the wrong place. Left there it would hide the next one.

Bad:
    -- migrator: allow drop-column: nobody reads it since release 1.40
    ALTER TABLE users ADD COLUMN mail text;

Good:
    ALTER TABLE users ADD COLUMN mail text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING


def check(file: FileContext) -> Iterator[Claim]:
    """Report the suppressions that the runner found without effect."""
    for suppression in file.unused:
        yield Claim(
            suppression.line,
            f"The suppression of {suppression.rule} suppresses nothing: its statement has no such finding.",
            "Remove the comment, or move it directly before the statement that it is about.",
            Severity.WARNING,
        )
