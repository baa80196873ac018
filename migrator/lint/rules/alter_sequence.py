"""Changes a sequence under running code.

Why:
    The next numbers are other ones; nextval() waits meanwhile, and a restart may give out numbers that are taken.

Bad:
    ALTER SEQUENCE invoice_number RESTART WITH 1;

Good:
    CREATE SEQUENCE invoice_number_new;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.statements.facts.nodes import table_name

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report ALTER SEQUENCE."""
    for step in file.of_kind("alter_seq_stmt"):
        sequence = table_name(step.statement.node.alter_seq_stmt.sequence)
        yield step.claim(
            f"nextval() of {sequence} gives other numbers from now on.",
            "Make sure that no number that is taken comes again.",
            severity=SEVERITY,
        )
