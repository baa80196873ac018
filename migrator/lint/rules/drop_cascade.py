"""Drops an object together with everything that depends on it, unseen.

Why:
    CASCADE removes views, foreign keys, triggers, defaults and columns that no line of the migration names, and locks
    their tables. What it removes depends on the database, so that production may lose more than the test did.

Bad:
    ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE;

Good:
    ALTER TABLE orders DROP CONSTRAINT orders_user_fk;
    ALTER TABLE users DROP CONSTRAINT users_pkey;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.statements.parse import pb

CATEGORY = Category.DATA_LOSS


def check(file: FileContext) -> Iterator[Claim]:
    """Report CASCADE in DROP and in ALTER TABLE … DROP."""
    for step in file.of_kind("drop_stmt"):
        if step.statement.node.drop_stmt.behavior == pb.DROP_CASCADE:
            yield step.claim(_message(", ".join(map(str, step.effects.removes))), _HELP)
    for action in file.actions(pb.AT_DropColumn, pb.AT_DropConstraint):
        if action.cmd.behavior == pb.DROP_CASCADE:
            yield action.step.claim(_message(", ".join(map(str, action.effects.removes))), _HELP, table=action.table)


_HELP = "Leave CASCADE away, and drop by name, first, what the server then says depends on it."


def _message(dropped: str) -> str:
    return (
        f"CASCADE drops with {dropped} whatever depends on it, and takes ACCESS EXCLUSIVE on each table concerned. "
        "The text cannot tell what that is."
    )
