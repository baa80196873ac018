"""Adds a column to a table that prepared statements may read with a star.

Why:
    A prepared `SELECT *` fails once in each session: `cached plan must not change result type`. Off by default:
    most drivers prepare it again by themselves.

Bad:
    ALTER TABLE users ADD COLUMN plan text;

Good:
    CREATE TABLE plan_names (id int);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report every new column of an existing table."""
    for action in file.actions(pb.AT_AddColumn):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            f"Prepared statements that read all columns of {action.table} fail once in each session.",
            "Name the columns in queries, or let the pool open new connections after the change.",
            severity=SEVERITY,
            table=action.table,
        )
