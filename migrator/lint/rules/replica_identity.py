"""Changes the replica identity of a table.

Why:
    Logical replication sends other columns from that moment; with NOTHING, UPDATE and DELETE of a published table
    fail.

Bad:
    ALTER TABLE users REPLICA IDENTITY NOTHING;

Good:
    CREATE TABLE users_log (id int);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report REPLICA IDENTITY."""
    for action in file.actions(pb.AT_ReplicaIdentity):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            takes("REPLICA IDENTITY", LOCK, action.table, "for an instant")
            + " Subscribers get other columns afterwards.",
            "Look up which publications hold the table, and tell their subscribers.",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            table=action.table,
        )
