"""Lets a column be NULL.

Why:
    Running code that reads the column may meet a NULL that it never knew. Off by default: it is the first step of
    every drop of a column, which a release that can read NULL precedes.

Bad:
    ALTER TABLE users ALTER COLUMN mail DROP NOT NULL;

Good:
    ALTER TABLE users ALTER COLUMN mail SET DEFAULT '';
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.names import quote
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report DROP NOT NULL of tables that are not new."""
    for action in file.actions(pb.AT_DropNotNull):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            f"Code that reads {quote(action.cmd.name)} may meet NULL from now on.",
            "Release code that can read NULL first.",
            severity=SEVERITY,
            table=action.table,
        )
