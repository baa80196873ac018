"""Changes the default of a column.

Why:
    Rows of running code that does not name the column get another value from that moment. Off by default: mostly
    that is meant.

Bad:
    ALTER TABLE users ALTER COLUMN plan SET DEFAULT 'basic';

Good:
    ALTER TABLE users ADD COLUMN plan text DEFAULT 'free';
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
    """Report SET DEFAULT on columns that are not new."""
    for action in file.actions(pb.AT_ColumnDefault):
        if (
            file.is_new_table(action.table, action.step)
            or file.is_made_here(action.column, action.step)
            or not action.cmd.HasField("def")
        ):
            continue
        yield action.step.claim(
            f"INSERTs that do not name {quote(action.cmd.name)} write another value from now on.",
            "Let all running code name the column first, or make sure that it can read both values.",
            severity=SEVERITY,
            table=action.table,
        )
