"""Adds a column whose default is computed for every old row.

Why:
    A constant or stable default (now(), CURRENT_DATE, md5('x')) is stored once and costs nothing. A volatile one
    (random(), gen_random_uuid(), clock_timestamp(), nextval()) makes PostgreSQL write the whole table and its indexes
    again while nobody reads or writes it. Of a function of your own only the server can tell.

Bad:
    ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();

Good:
    ALTER TABLE users ADD COLUMN token uuid;
    ALTER TABLE users ALTER COLUMN token SET DEFAULT gen_random_uuid();
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.facts.volatility import is_volatile
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report defaults by volatile functions, and by functions that may be volatile."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        default = constraints_of(column).get(pb.CONSTR_DEFAULT)
        if default is None or action.effects.rewrite is Fact.NO or file.is_empty_table(action.table, action.step):
            continue
        fact, missing = is_volatile(default.raw_expr)
        if fact is Fact.UNKNOWN and action.effects.rewrite is Fact.YES:
            fact = Fact.YES  # the schema knows the function
        name = quote(column.colname)
        if fact is not Fact.NO:
            yield waits(
                action.step,
                f"ADD COLUMN {name} with a default that is computed for each row",
                LOCK,
                action.table,
                Held.REWRITE,
                f"Add the column without it, then ALTER COLUMN {name} SET DEFAULT for new rows, and fill old ones in "
                f"batches: migrator new add-column --table {action.table} --column {name}",
                fact=fact,
                missing=missing,
            )
