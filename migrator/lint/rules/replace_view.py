"""Puts another query behind a view that is there.

Why:
    Running code gets other rows from that moment; columns can only be added at the end.

Bad:
    CREATE OR REPLACE VIEW adults AS SELECT 1 AS id;

Good:
    CREATE VIEW adults_new AS SELECT 1 AS id;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.statements.facts.nodes import table_name

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report CREATE OR REPLACE VIEW of views that this file did not make."""
    for step in file.of_kind("view_stmt"):
        view = table_name(step.statement.node.view_stmt.view)
        if not step.statement.node.view_stmt.replace:
            continue
        yield step.claim(
            f"Queries that read {view} get other rows from now on.",
            "Make a new view beside the old, and drop the old one in contract.sql.",
            severity=SEVERITY,
        )
