"""Does slow work in a transaction that already keeps everybody away from a table.

Why:
    A lock is held until COMMIT. When the transaction has changed one table, an instant's work under ACCESS EXCLUSIVE,
    and then validates a constraint or builds an index, also of another table, nobody reads or writes the first one
    until that is done.

Bad:
    BEGIN;
    ALTER TABLE users ADD COLUMN plan text;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_user_fk;
    COMMIT;

Good:
    ALTER TABLE users ADD COLUMN plan text;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_user_fk;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim
from migrator.lint.transactions import adds_beside
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.parse import pb

CATEGORY = Category.TRANSACTION
LOCK = LockLevel.ACCESS_EXCLUSIVE
_QUERIES = frozenset("select_stmt insert_stmt update_stmt delete_stmt merge_stmt copy_stmt".split())


def check(file: FileContext) -> Iterator[Claim]:
    """Report DDL that scans, writes or builds while an earlier statement's ACCESS EXCLUSIVE is held."""
    said = {
        action.step.order for action in file.actions(pb.AT_ValidateConstraint) if adds_beside(file.transactions, action)
    }
    for step in file.leaves:
        if step.progress.transaction is None or step.order in said or not _is_slow(file, step):
            continue
        for table, (level, earlier) in file.transactions.held_before(step).items():
            if level is LOCK and not file.is_new_table(table, earlier):
                yield step.claim(
                    f"The transaction holds {LOCK} on {table} since line {earlier.statement.line}, and keeps it while "
                    f"this statement reads or writes a whole table. It blocks {LOCK.blocks}.",
                    "Let COMMIT stand between the two.",
                    lock=LOCK,
                    table=table,
                    held=Held.UNBOUNDED,
                )
                break


def _is_slow(file: FileContext, step: Step) -> bool:
    if step.statement.kind in _QUERIES or not step.effects.is_transactional:
        return False
    is_slow = step.effects.index_build or Fact.YES in (step.effects.scan, step.effects.rewrite)
    return is_slow and not all(file.is_empty_table(lock.table, step) for lock in step.effects.locks)
