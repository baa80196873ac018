"""Renames a table, or moves it to another schema, under running code.

Why:
    The rename is instant, and every query with the old name fails from that moment, while code with the new name
    fails until then. A view with the old name, made in the same transaction, serves both.

Bad:
    ALTER TABLE users RENAME TO people;

Good:
    BEGIN;
    ALTER TABLE users RENAME TO people;
    CREATE VIEW users AS SELECT * FROM people;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import TableName, quote
from migrator.statements.effects import Held, ObjectRef, Rename

CATEGORY = Category.COMPATIBILITY
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report every renamed table, but for contracts, undone renames, new tables, and where a view keeps the name."""
    for step in file.of_kind("rename_stmt", "alter_object_schema_stmt"):
        for rename in step.effects.renames:
            if rename.source.kind != "table" or file.may_rename(rename, step) or _has_view(file, step, rename):
                continue
            table = TableName(rename.source.schema, rename.source.name)
            lock = takes("The rename", LOCK, table, "for an instant")
            yield step.claim(
                f"{lock} Afterwards every query that names {table} fails.",
                f"Keep the old name alive as a view, in the same transaction: BEGIN; {step.statement.text}; "
                f"CREATE VIEW {table} AS … {_new_name(rename)}; COMMIT;",
                lock=LOCK,
                held=Held.INSTANT,
                table=table,
            )


def _new_name(rename: Rename) -> str:
    """A table that changes its schema has the new one in front already."""
    return rename.new_name if "." in rename.new_name else f"{quote(rename.source.schema)}.{quote(rename.new_name)}"


def _has_view(file: FileContext, step: Step, rename: Rename) -> bool:
    transaction = step.progress.transaction
    view = ObjectRef("view", rename.source.schema, rename.source.name)
    later = (other for other in file.steps[step.number + 1 :] if other.progress.transaction == transaction)
    return transaction is not None and any(view in other.effects.creates for other in later)
