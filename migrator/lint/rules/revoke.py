"""Takes privileges away.

Why:
    Queries of running code that need the privilege fail from that moment.

Bad:
    REVOKE SELECT ON users FROM PUBLIC;

Good:
    GRANT SELECT ON users TO PUBLIC;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report every REVOKE."""
    for step in file.of_kind("grant_stmt", "grant_role_stmt"):
        node = step.statement.node
        is_grant = node.grant_stmt.is_grant if step.statement.kind == "grant_stmt" else node.grant_role_stmt.is_grant
        if is_grant or file.phase == "contract":
            continue
        yield step.claim(
            "Queries that need the privilege fail from now on.",
            "Look up which roles run code that needs it, and revoke in contract.sql.",
            severity=SEVERITY,
        )
