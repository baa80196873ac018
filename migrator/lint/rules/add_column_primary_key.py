"""Adds a PRIMARY KEY column and builds its index under lock.

Why:
    The index is built under ACCESS EXCLUSIVE: nobody reads or writes the table meanwhile. A unique index that was built
    CONCURRENTLY before is taken over in an instant by USING INDEX.

Bad:
    ALTER TABLE users ADD COLUMN number int DEFAULT 1 PRIMARY KEY;

Good:
    ALTER TABLE users ADD COLUMN number bigint;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.online import key_in_two_steps
from migrator.lint.waits import waits
from migrator.lint.wording import new_migration
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Held
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new columns that are the primary key."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        if pb.CONSTR_PRIMARY not in constraints_of(column) or file.is_empty_table(action.table, action.step):
            continue
        name = quote(column.colname)
        yield waits(
            action.step,
            f"ADD COLUMN {name} … PRIMARY KEY",
            LOCK,
            action.table,
            Held.BUILD,
            f"Add the column alone and fill it in batches; make it NOT NULL "
            f"({new_migration('set-not-null', table=action.table, column=column.colname)}); then, outside of a "
            f"transaction: {key_in_two_steps(action, 'primary key')}",
        )
