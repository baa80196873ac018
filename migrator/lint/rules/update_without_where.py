"""Changes every row of a table in one transaction.

Why:
    Every row stays locked until the transaction ends, so that all other writes to it wait; replicas fall behind,
    and the table grows to twice its size. A backfill does it in short batches and watches the replicas.

Bad:
    UPDATE users SET mail = email;

Good:
    UPDATE users SET mail = email WHERE id = 1;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.rows import concerns_all_rows
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.nodes import table_name

LOCK = LockLevel.ROW_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report UPDATE without WHERE, or with a WHERE that is true for all rows."""
    for step in file.of_kind("update_stmt"):
        statement = step.statement.node.update_stmt
        table = table_name(statement.relation)
        if not concerns_all_rows(statement.where_clause) or file.is_new_table(table, step):
            continue
        yield step.claim(
            f"UPDATE without WHERE locks every row of {table} until it commits (ROW EXCLUSIVE on the table). It blocks "
            "all writes to these rows, and DDL, for as long as the whole table takes.",
            "Fill the rows in batches: write it as a [[backfill]] in migration.toml, with `set` and `where`.",
            lock=LOCK,
            table=table,
            held=Held.REWRITE,
        )
