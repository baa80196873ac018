"""Adds a UNIQUE constraint and builds its index under lock.

Why:
    The index is built under ACCESS EXCLUSIVE: nobody reads or writes the table meanwhile. A unique index that was built
    CONCURRENTLY before is taken over in an instant by USING INDEX.

Bad:
    ALTER TABLE users ADD CONSTRAINT users_mail_key UNIQUE (mail);

Good:
    CREATE UNIQUE INDEX CONCURRENTLY users_mail_key ON users (mail);
    ALTER TABLE users ADD CONSTRAINT users_mail_key UNIQUE USING INDEX users_mail_key;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.online import key_in_two_steps
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import TableName, quote
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import words
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report unique constraints that build an index."""
    for action in file.actions(pb.AT_AddConstraint):
        constraint = definition(action.cmd).constraint
        if constraint.contype != pb.CONSTR_UNIQUE or constraint.indexname:
            continue
        if file.is_empty_table(action.table, action.step) or _builds_nothing(action):
            continue
        known = file.table(action.table, action.step)
        is_partitioned = known is not None and known.is_partitioned
        keys = ", ".join(map(quote, words(constraint.keys)))
        help_ = _on_partitions(action.table, keys) if is_partitioned else _take_over(action)
        yield waits(action.step, "Adding UNIQUE", LOCK, action.table, Held.BUILD, help_)


def _builds_nothing(action: Action) -> bool:
    """ALTER TABLE ONLY a partitioned table: its partitions' indexes are attached later."""
    return action.effects.scan is Fact.NO and not action.effects.index_build


def _take_over(action: Action) -> str:
    return f"Build the index first, outside of a transaction, then take it over: {key_in_two_steps(action, 'unique')}"


def _on_partitions(table: TableName, keys: str) -> str:
    return (
        f"{table} is partitioned, where USING INDEX is refused: CREATE UNIQUE INDEX … ON ONLY {table} ({keys}); build "
        "it CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION …; for each."
    )
