"""Takes the default away from a column that must not be NULL.

Why:
    Running code that does not name the column in its INSERTs fails from that moment. That is often the second half of
    `ADD COLUMN … NOT NULL DEFAULT …; ALTER COLUMN … DROP DEFAULT`, as frameworks write it: it breaks the old release.

Given:
    CREATE TABLE users (id int, plan text NOT NULL DEFAULT 'free');

Bad:
    ALTER TABLE users ALTER COLUMN plan DROP DEFAULT;

Good:
    ALTER TABLE users ALTER COLUMN plan SET DEFAULT 'basic';
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Category, Claim
from migrator.names import quote
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report DROP DEFAULT of columns that are known to be NOT NULL, but in contracts and on new tables."""
    for action in file.actions(pb.AT_ColumnDefault):
        known = file.table(action.table, action.step)
        column = known.column(action.cmd.name) if known is not None else None
        if action.cmd.HasField("def") or column is None or not column.is_not_null or column.default is None:
            continue
        if _becomes_identity(file, action):
            continue
        if file.phase not in {"contract", "abort"} and not file.is_new_table(action.table, action.step):
            yield action.step.claim(
                f"{quote(column.name)} is NOT NULL: without its default every INSERT that does not name it fails.",
                "Keep the default until all running code names the column, and drop it in contract.sql.",
                table=action.table,
            )


def _becomes_identity(file: FileContext, action: Action) -> bool:
    """Whether an identity takes the default's place in the same transaction: nobody sees the gap."""
    together = {step.order for step in file.transactions.together(action.step)}
    added = (a for a in file.actions(pb.AT_AddIdentity) if a.step.order in together)
    return any(a.table == action.table and a.cmd.name == action.cmd.name for a in added)
