"""Adds or changes a row security policy.

Why:
    Running code sees other rows, and may write others, from that moment.

Bad:
    CREATE POLICY own ON users USING (id = 1);

Good:
    CREATE TABLE owners (name text);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new and changed policies of tables that are not new."""
    for step in file.of_kind("create_policy_stmt", "alter_policy_stmt"):
        table = step.effects.locks[0].table
        if file.is_new_table(table, step):
            continue
        yield step.claim(
            takes("A policy", LOCK, table, "for an instant") + " Running code sees other rows afterwards.",
            "Try the policy with the role of the application.",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            table=table,
        )
