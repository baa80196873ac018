"""Changes the type of a column, which rewrites most tables.

Why:
    Unless the new type only widens the old one, the whole table and all its indexes are written again while nobody
    reads or writes it. Code that holds prepared statements may fail afterwards even when nothing was rewritten.

Bad:
    ALTER TABLE users ALTER COLUMN age TYPE bigint USING round(age);

Good:
    -- expand.sql; a trigger keeps both in step, a backfill fills the old rows, contract.sql drops the old column
    ALTER TABLE users ADD COLUMN age_new bigint;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Fact, ObjectRef
from migrator.statements.parse import pb


def check(file: FileContext) -> Iterator[Claim]:
    """Report type changes that rewrite, and those of which the text alone cannot tell."""
    for action in file.actions(pb.AT_AlterColumnType):
        column = ObjectRef("column", action.table.schema, action.cmd.name, action.table.name)
        if file.is_new_table(action.table, action.step) or file.is_made_here(column, action.step):
            continue
        is_sure = action.effects.rewrite is Fact.YES
        yield action.step.claim(
            _message(action, is_sure=is_sure),
            f"Add a column of the new type beside the old, fill it in batches and drop the old one in contract.sql"
            f"{'.' if is_sure else ', unless the new type only widens the old (then allow it with that reason).'}",
            severity=Severity.ERROR if is_sure else Severity.WARNING,
            lock=LockLevel.ACCESS_EXCLUSIVE,
            table=action.table,
        )


def _message(action: Action, *, is_sure: bool) -> str:
    what = f"Changing the type of {quote(action.cmd.name)}"
    if is_sure:
        how_long = "while the whole table and its indexes are written again"
    else:
        how_long = "perhaps while the whole table is written again: the text cannot tell, without the present type"
    return takes(what, LockLevel.ACCESS_EXCLUSIVE, action.table, how_long)
