"""Rewrites queries of running code by a rule.

Why:
    A rule changes what INSERT, UPDATE and DELETE do, in ways that few expect: parameters are evaluated twice, and
    row counts change.

Bad:
    CREATE RULE keep AS ON DELETE TO users DO INSTEAD NOTHING;

Good:
    CREATE VIEW users_kept AS SELECT 1 AS id;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.nodes import table_name

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new rules on tables that are not new."""
    for step in file.of_kind("rule_stmt"):
        table = table_name(step.statement.node.rule_stmt.relation)
        if file.is_new_table(table, step):
            continue
        yield step.claim(
            takes("CREATE RULE", LOCK, table, "for an instant") + " Queries do something else afterwards.",
            "Use a trigger instead, or change the queries.",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            table=table,
        )
