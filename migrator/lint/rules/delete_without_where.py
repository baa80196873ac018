"""Deletes every row of a table in one transaction.

Why:
    The rows are lost. Until the transaction ends each of them is locked, and afterwards the table is as large as before
    until VACUUM has gone through it.

Bad:
    DELETE FROM sessions;

Good:
    DELETE FROM sessions WHERE id = 1;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.rows import concerns_all_rows
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.nodes import table_name

CATEGORY = Category.DATA_LOSS
LOCK = LockLevel.ROW_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report DELETE without WHERE, or with a WHERE that is true for all rows."""
    for step in file.of_kind("delete_stmt"):
        statement = step.statement.node.delete_stmt
        table = table_name(statement.relation)
        if not concerns_all_rows(statement.where_clause) or file.is_new_table(table, step):
            continue
        yield step.claim(
            f"DELETE without WHERE loses every row of {table}, and locks each until it commits (ROW EXCLUSIVE on "
            "the table). It blocks all writes to these rows, and DDL, for as long as the whole table takes.",
            "Delete by WHERE in short batches what is not needed; or allow it with the reason why nobody needs them.",
            lock=LOCK,
            table=table,
            held=Held.REWRITE,
        )
