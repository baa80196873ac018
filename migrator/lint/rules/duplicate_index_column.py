"""Indexes one column twice.

Why:
    The second key makes the index larger, costs at every write, and answers no query.

Bad:
    CREATE INDEX CONCURRENTLY users_mail_twice ON users (mail, id, mail);

Good:
    CREATE INDEX CONCURRENTLY users_mail_id ON users (mail, id);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report indexes with a column twice."""
    for step in file.of_kind("index_stmt"):
        names = [node.index_elem.name for node in step.statement.node.index_stmt.index_params if node.index_elem.name]
        if len(names) == len(set(names)):
            continue
        yield step.claim(
            "The index holds a column twice.",
            "Leave the second one away.",
            severity=SEVERITY,
        )
