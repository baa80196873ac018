"""Adds a STORED generated column, which writes the whole table again.

Why:
    The value of every old row is computed and stored at once: the table and its indexes are written again while nobody
    reads or writes it. A VIRTUAL one (18) is computed when it is read and costs nothing to add.

Bad:
    ALTER TABLE users ADD COLUMN mail_lower text GENERATED ALWAYS AS (lower(mail)) STORED;

Good:
    ALTER TABLE users ADD COLUMN mail_lower text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Held
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new columns GENERATED … STORED."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        generated = constraints_of(column).get(pb.CONSTR_GENERATED)
        if generated is None or generated.generated_kind == "v" or file.is_empty_table(action.table, action.step):
            continue
        yield waits(
            action.step,
            f"ADD COLUMN {quote(column.colname)} as a STORED generated column",
            LOCK,
            action.table,
            Held.REWRITE,
            "Add a plain column that a trigger keeps right, and fill the old rows in batches with a [[backfill]]; or, "
            "from PostgreSQL 18 on, make it VIRTUAL.",
        )
