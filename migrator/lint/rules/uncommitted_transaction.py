"""Begins a transaction and never ends it.

Why:
    When the session ends all of it is rolled back, so that nothing of the file has happened; and until then its locks
    are held. A runner that goes on with the same session runs the next file inside of it.

Bad:
    BEGIN;
    ALTER TABLE users ADD COLUMN plan text;

Good:
    BEGIN;
    ALTER TABLE users ADD COLUMN plan text;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim

CATEGORY = Category.TRANSACTION


def check(file: FileContext) -> Iterator[Claim]:
    """Report the BEGIN that is still open at the end of the file."""
    opened = None
    for step in file.of_kind("transaction_stmt"):
        after = step.progress.after(step.statement)
        if after.transaction is None:
            opened = None
        elif after.transaction != step.progress.transaction:
            opened = step
    if opened is not None:
        yield opened.claim(
            "This transaction is open at the end of the file: its locks are held, and then all of it is rolled back.",
            "Write COMMIT at the end of the transaction.",
        )
