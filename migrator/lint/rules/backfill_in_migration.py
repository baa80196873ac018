"""Changes many rows in the transaction of a schema change.

Why:
    The lock of the schema change is held until COMMIT, and the rows are changed before that: on a large table nobody
    reads or writes it for minutes. A backfill changes rows in short transactions of its own.

Bad:
    BEGIN;
    ALTER TABLE users ADD COLUMN plan text;
    UPDATE users SET plan = 'free' WHERE created_at < now();
    COMMIT;

Good:
    ALTER TABLE users ADD COLUMN plan text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim
from migrator.lint.rows import concerns_few_rows
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.nodes import table_name

CATEGORY = Category.TRANSACTION
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report UPDATE, DELETE and INSERT … SELECT while the transaction holds a strong lock on an existing table."""
    for step in file.of_kind("update_stmt", "delete_stmt", "insert_stmt"):
        if step.progress.transaction is None or not _is_large(file, step):
            continue
        for table, (level, earlier) in file.transactions.held_before(step).items():
            if level >= LockLevel.SHARE and not file.is_new_table(table, earlier):
                yield step.claim(
                    f"The transaction holds {level} on {table} since line {earlier.statement.line}, and keeps it until "
                    f"COMMIT while many rows are changed. It blocks {level.blocks}.",
                    "Let COMMIT follow the schema change, and change the rows in batches: write a [[backfill]] in "
                    "migration.toml.",
                    lock=level,
                    table=table,
                    held=Held.UNBOUNDED,
                )
                break


def _is_large(file: FileContext, step: Step) -> bool:
    node = step.statement.node
    match step.statement.kind:
        case "insert_stmt":
            return not node.insert_stmt.select_stmt.select_stmt.values_lists and node.insert_stmt.HasField(
                "select_stmt"
            )
        case "update_stmt":
            target, where = table_name(node.update_stmt.relation), node.update_stmt.where_clause
        case _:
            target, where = table_name(node.delete_stmt.relation), node.delete_stmt.where_clause
    return not file.is_empty_table(target, step) and not concerns_few_rows(where, file.table(target, step))
