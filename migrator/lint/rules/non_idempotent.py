"""Cannot be run a second time.

Why:
    A file that failed halfway, outside of a transaction, is run again from its start, and its first statements then
    fail. Off by default: IF NOT EXISTS takes whatever bears the name for the right thing, and hides an index that
    was left INVALID.

Bad:
    CREATE TABLE notes (id bigint);

Good:
    CREATE TABLE IF NOT EXISTS notes (id bigint);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report CREATE and DROP outside of a transaction without IF [NOT] EXISTS."""
    if file.phase is not None:
        return  # migrator's own runner knows how far it has come
    for step in file.of_kind("create_stmt", "create_seq_stmt", "create_schema_stmt", "drop_stmt"):
        tree = getattr(step.statement.node, step.statement.kind)
        has_word = tree.missing_ok if step.statement.kind == "drop_stmt" else tree.if_not_exists
        if step.progress.transaction is None and not has_word:
            yield step.claim(
                "The statement fails when the file is run a second time.",
                "Write IF NOT EXISTS or IF EXISTS, or put the file into a transaction.",
                severity=SEVERITY,
            )
