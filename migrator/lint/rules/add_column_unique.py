"""Adds a UNIQUE column and builds its index under lock.

Why:
    The index is built under ACCESS EXCLUSIVE: nobody reads or writes the table meanwhile. A unique index that was built
    CONCURRENTLY before is taken over in an instant by USING INDEX.

Bad:
    ALTER TABLE users ADD COLUMN mail text UNIQUE;

Good:
    ALTER TABLE users ADD COLUMN mail text;
    CREATE UNIQUE INDEX CONCURRENTLY users_mail_key ON users (mail);
    ALTER TABLE users ADD CONSTRAINT users_mail_key UNIQUE USING INDEX users_mail_key;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.online import key_in_two_steps
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Held
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new columns that are UNIQUE."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        if pb.CONSTR_UNIQUE not in constraints_of(column) or file.is_empty_table(action.table, action.step):
            continue
        name = quote(column.colname)
        yield waits(
            action.step,
            f"ADD COLUMN {name} … UNIQUE",
            LOCK,
            action.table,
            Held.BUILD,
            f"Add the column without it, then, outside of a transaction: {key_in_two_steps(action, 'unique')}",
        )
