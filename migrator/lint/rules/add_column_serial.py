"""Adds a serial column, which writes the whole table again.

Why:
    serial, bigserial and smallserial stand for a default of nextval(), which is computed for every old row: the table
    and its indexes are written again while nobody reads or writes it.

Bad:
    ALTER TABLE users ADD COLUMN number bigserial;

Good:
    ALTER TABLE users ADD COLUMN number bigint;
    CREATE SEQUENCE users_number_seq OWNED BY users.number;
    ALTER TABLE users ALTER COLUMN number SET DEFAULT nextval('users_number_seq');
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Held
from migrator.statements.facts.columns import definition, is_serial
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new columns of the serial types."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        if is_serial(column) and not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                f"ADD COLUMN {quote(column.colname)} as a serial",
                LOCK,
                action.table,
                Held.REWRITE,
                "Add a bigint column, give it a sequence and SET DEFAULT nextval(…) for new rows, and fill old ones "
                "in batches: write a [[backfill]] in migration.toml.",
            )
