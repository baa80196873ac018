"""Makes a table without naming its schema.

Why:
    Where it is made depends on the search_path of the session that runs the file.

Bad:
    CREATE TABLE notes (id bigint);

Good:
    CREATE TABLE shop.notes (id bigint);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report CREATE TABLE and CREATE VIEW without a schema."""
    for step in file.of_kind("create_stmt", "view_stmt"):
        node = step.statement.node
        relation = node.create_stmt.relation if step.statement.kind == "create_stmt" else node.view_stmt.view
        if not relation.schemaname and relation.relpersistence != "t":
            yield step.claim(
                f"{relation.relname} is made in the first schema of the search_path, whatever that is.",
                f"Write the schema in front of it: public.{relation.relname}",
                severity=SEVERITY,
            )
