"""Adds a NOT NULL column without a default.

Why:
    The statement fails when the table has a single row. On an empty table it passes, and every INSERT of code that
    does not know the column fails afterwards.

Bad:
    ALTER TABLE users ADD COLUMN plan text NOT NULL;

Good:
    ALTER TABLE users ADD COLUMN plan text NOT NULL DEFAULT 'free';
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.wording import new_migration
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.facts.columns import constraints_of, definition, is_serial
from migrator.statements.parse import pb

CATEGORY = Category.ERROR

_FILLS = frozenset({pb.CONSTR_DEFAULT, pb.CONSTR_IDENTITY, pb.CONSTR_GENERATED})


def check(file: FileContext) -> Iterator[Claim]:
    """Report NOT NULL or primary key columns that nothing fills."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        kinds = constraints_of(column).keys()
        is_required = bool(kinds & {pb.CONSTR_NOTNULL, pb.CONSTR_PRIMARY})
        if not is_required or kinds & _FILLS or is_serial(column) or file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            f"ADD COLUMN {quote(column.colname)} NOT NULL without a default fails when {action.table} has any row, "
            "and otherwise breaks every INSERT that does not name the column.",
            "Give it a constant DEFAULT, or add it without NOT NULL, fill it, and then: "
            + new_migration("set-not-null", table=action.table, column=column.colname),
            lock=LockLevel.ACCESS_EXCLUSIVE,
            table=action.table,
        )
