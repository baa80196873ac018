"""Locks several busy tables in one transaction.

Why:
    Each lock is held until COMMIT, so all the tables are closed until the last lock is granted; and an application that
    uses them in another order meets it in a deadlock. One table per transaction waits for one lock only.

Bad:
    BEGIN;
    ALTER TABLE users ADD COLUMN plan text;
    ALTER TABLE orders ADD COLUMN plan text;
    COMMIT;

Good:
    ALTER TABLE users ADD COLUMN plan text;
    ALTER TABLE orders ADD COLUMN plan text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.transactions import table_locks
from migrator.locks import LockLevel
from migrator.statements.effects import Held

CATEGORY = Category.TRANSACTION
SEVERITY = Severity.WARNING
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report, once per transaction, the statement that closes a second table."""
    for steps in file.transactions.groups.values():
        closed: dict[tuple[str, str], int] = {}
        for step in steps:
            here = [lock.table for lock in table_locks(step) if lock.level is LOCK and not _is_view(step)]
            new = [table for table in here if table not in closed and not file.is_new_table(table, step)]
            if closed and new:
                (schema, name), line = next(iter(closed.items()))
                yield step.claim(
                    f"The transaction holds {LOCK} on {schema}.{name} since line {line}, and now waits for {LOCK} on "
                    f"{new[0]}. It blocks {LOCK.blocks} of both until COMMIT, and may end in a deadlock.",
                    "Give each table a transaction of its own: put COMMIT between the two.",
                    severity=SEVERITY,
                    lock=LOCK,
                    table=new[0],
                    held=Held.UNBOUNDED,
                )
                break
            closed |= dict.fromkeys(new, step.statement.line)


def _is_view(step: Step) -> bool:
    """Views are quick to replace, and mostly replaced together with their table."""
    return step.statement.kind == "view_stmt" or any("view" in ref.kind for ref in step.effects.removes)
