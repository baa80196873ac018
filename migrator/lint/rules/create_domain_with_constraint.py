"""Makes a domain with constraints.

Why:
    A rule of a domain is hard to change: it locks and reads every table that uses the domain, all at once.

Bad:
    CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);

Good:
    CREATE DOMAIN percent AS int;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report CREATE DOMAIN with CHECK or NOT NULL."""
    for step in file.of_kind("create_domain_stmt"):
        if not step.statement.node.create_domain_stmt.constraints:
            continue
        yield step.claim(
            "To change the rule of this domain later locks and reads every table that uses it.",
            "Put a CHECK on each table instead.",
            severity=SEVERITY,
        )
