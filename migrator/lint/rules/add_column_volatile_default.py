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

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim, Fix
from migrator.lint.rewriting import default_apart, expression_text, type_text
from migrator.lint.waits import waits
from migrator.lint.wording import new_migration
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
                f"batches: {_command(action, column, default)}",
                fact=fact,
                missing=missing,
                fix=_apart(action, column, default) if fact is Fact.YES else None,
            )


def _command(action: Action, column: pb.ColumnDef, default: pb.Constraint) -> str:
    return new_migration(
        "add-column",
        table=action.table,
        column=column.colname,
        type=type_text(column.type_name),
        default=expression_text(default.raw_expr),
        not_null=True if pb.CONSTR_NOTNULL in constraints_of(column) else None,
    )


def _apart(action: Action, column: pb.ColumnDef, default: pb.Constraint) -> Fix | None:
    """NOT NULL cannot wait for the old rows; other constraints on the column are no business of this rule."""
    if constraints_of(column).keys() - {pb.CONSTR_DEFAULT, pb.CONSTR_NULL}:
        return None
    return default_apart(action, default, f"Fill the old rows in batches: {_command(action, column, default)}")
