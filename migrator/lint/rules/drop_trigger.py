"""Drops a trigger, a rule or a policy of a table.

Why:
    It takes ACCESS EXCLUSIVE for an instant, and what it did for running code does not happen any more. Off by default:
    contracts and aborts of every synchronisation do it.

Bad:
    DROP TRIGGER touch ON users;

Good:
    CREATE TABLE users_log (id int);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.removal import removed
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Held

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report what is dropped outside of a contract and not made again at once."""
    for step, ref in removed(file, "trigger", "rule", "policy"):
        table = TableName(ref.schema, ref.table)
        yield step.claim(
            f"{takes(f'DROP {ref.kind.upper()}', LOCK, table, 'for an instant')} What it did does not happen any more.",
            "Release code that does not need it, and drop it in contract.sql.",
            severity=SEVERITY,
            lock=LOCK,
            table=table,
            held=Held.INSTANT,
        )
