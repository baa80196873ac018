"""Updates an extension.

Why:
    Its script can lock, rewrite and drop anything; no text here says what.

Bad:
    ALTER EXTENSION hstore UPDATE;

Good:
    CREATE EXTENSION hstore;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report ALTER EXTENSION … UPDATE."""
    for step in file.of_kind("alter_extension_stmt"):
        yield step.claim(
            f"The script of {step.statement.node.alter_extension_stmt.extname} may lock, change and drop anything.",
            "Read the script of the new version, and run it by itself.",
            severity=SEVERITY,
        )
