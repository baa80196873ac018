"""Adds a column whose value is computed for every old row.

Why:
    A constant or stable default (now(), CURRENT_DATE) is stored once and costs nothing. A volatile one (random(),
    gen_random_uuid(), nextval() and so serial and identity) or a STORED generated column makes PostgreSQL write the
    whole table and its indexes again while nobody reads or writes it.

Bad:
    ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();

Good:
    ALTER TABLE users ADD COLUMN token uuid;
    ALTER TABLE users ALTER COLUMN token SET DEFAULT gen_random_uuid();
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Fact
from migrator.statements.facts.columns import constraints_of, definition, is_serial
from migrator.statements.facts.volatility import is_volatile
from migrator.statements.parse import pb


def check(file: FileContext) -> Iterator[Claim]:
    """Report columns that rewrite the table, and defaults by functions that may be volatile."""
    for action in file.actions(pb.AT_AddColumn):
        if not file.is_new_table(action.table, action.step):
            yield from _claims(action)


def _claims(action: Action) -> Iterator[Claim]:
    column = definition(action.cmd).column_def
    unknown = _unknown_functions(column)
    if action.effects.rewrite is not Fact.YES and not unknown:
        return
    is_sure = action.effects.rewrite is Fact.YES
    how_long = "while the whole table and its indexes are written again"
    if not is_sure:
        how_long = f"perhaps {how_long}: the text cannot tell {'; '.join(unknown)}"
    yield action.step.claim(
        takes(f"ADD COLUMN {quote(column.colname)} {_why(column)}", LockLevel.ACCESS_EXCLUSIVE, action.table, how_long),
        f"Add the column without it, then ALTER COLUMN {quote(column.colname)} SET DEFAULT for new rows, and fill the "
        f"old ones in batches: migrator new add-column --table {action.table} --column {quote(column.colname)}",
        severity=Severity.ERROR if is_sure else Severity.WARNING,
        lock=LockLevel.ACCESS_EXCLUSIVE,
        table=action.table,
    )


def _unknown_functions(column: pb.ColumnDef) -> tuple[str, ...]:
    default = constraints_of(column).get(pb.CONSTR_DEFAULT)
    return is_volatile(default.raw_expr)[1] if default is not None else ()


def _why(column: pb.ColumnDef) -> str:
    kinds = constraints_of(column)
    if pb.CONSTR_GENERATED in kinds:
        return "as a STORED generated column"
    if pb.CONSTR_IDENTITY in kinds:
        return "as an identity column"
    return "as a serial" if is_serial(column) else "with a default that is computed for each row"
