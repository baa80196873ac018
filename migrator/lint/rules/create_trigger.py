"""Adds a trigger to a table.

Why:
    CREATE TRIGGER takes SHARE ROW EXCLUSIVE, so that writes wait, and every write of running code does more from
    that moment.

Bad:
    CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();

Good:
    CREATE FUNCTION touch_again() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
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
LOCK = LockLevel.SHARE_ROW_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new triggers on tables that are not new."""
    for step in file.of_kind("create_trig_stmt"):
        table = table_name(step.statement.node.create_trig_stmt.relation)
        if file.is_new_table(table, step):
            continue
        yield step.claim(
            takes("CREATE TRIGGER", LOCK, table, "for an instant") + " Every write does more afterwards.",
            "Make sure that the trigger cannot fail, and is quick.",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            table=table,
        )
