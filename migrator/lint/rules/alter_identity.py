"""Adds, changes or drops an identity.

Why:
    INSERTs that name the column, or rely on its number, behave otherwise from that moment.

Bad:
    ALTER TABLE users ALTER COLUMN id DROP IDENTITY;

Good:
    ALTER TABLE users ADD COLUMN number bigint;
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
    """Report ADD GENERATED, SET GENERATED and DROP IDENTITY."""
    for action in file.actions(pb.AT_AddIdentity, pb.AT_SetIdentity, pb.AT_DropIdentity):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            f"INSERTs of running code get the value of {quote(action.cmd.name)} in another way from now on.",
            "Make sure that all running code can insert in both ways, or do it in contract.sql.",
            severity=SEVERITY,
            table=action.table,
        )
