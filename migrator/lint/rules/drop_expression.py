"""Makes a generated column a plain one.

Why:
    Nothing fills the column any more: rows of running code get NULL from that moment.

Bad:
    ALTER TABLE users ALTER COLUMN mail_key DROP EXPRESSION;

Good:
    ALTER TABLE users ADD COLUMN mail_key text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.names import quote
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False
SINCE = 13


def check(file: FileContext) -> Iterator[Claim]:
    """Report DROP EXPRESSION."""
    for action in file.actions(pb.AT_DropExpression):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            f"Nothing computes {quote(action.cmd.name)} any more: new rows get NULL.",
            "Release code, or make a trigger, that writes the column first.",
            severity=SEVERITY,
            table=action.table,
        )
