"""Builds an index while all writes wait.

Why:
    CREATE INDEX takes SHARE for as long as the build takes: minutes on a table of some gigabytes. CONCURRENTLY
    builds beside the traffic; it must stand outside of a transaction. On a partitioned table that is an error: there
    the index is made ON ONLY the parent, built CONCURRENTLY on each partition, and attached.

Bad:
    CREATE INDEX users_mail ON users (mail);

Good:
    CREATE INDEX CONCURRENTLY users_mail ON users (mail);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim
from migrator.lint.online import index_by_partitions
from migrator.lint.rewriting import concurrently, concurrently_text
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.nodes import table_name

LOCK = LockLevel.SHARE


def check(file: FileContext) -> Iterator[Claim]:
    """Report index builds under a lock; ON ONLY a partitioned table builds nothing, and an empty table little."""
    for step in file.of_kind("index_stmt"):
        index = step.statement.node.index_stmt
        table = table_name(index.relation)
        known = file.table(table, step)
        is_partitioned = known is not None and known.is_partitioned
        builds_nothing = step.effects.scan is Fact.NO or (known is None and not index.relation.inh)
        if index.concurrent or builds_nothing or file.is_empty_table(table, step):
            continue
        fix = (
            None if is_partitioned or index.if_not_exists else concurrently(file, step, "Build the index concurrently")
        )
        yield waits(
            step,
            "CREATE INDEX",
            LOCK,
            table,
            Held.BUILD,
            _help(step, table, is_partitioned),
            fix=fix,
            fact=step.effects.scan,
            missing=step.effects.missing,
        )


def _help(step: Step, table: TableName, is_partitioned: bool) -> str:  # noqa: FBT001
    if is_partitioned:
        return f"Make it on the parent alone, build it on each partition, attach: {index_by_partitions(step, table)}"
    return f"Build it beside the traffic, outside of a transaction: {concurrently_text(step)};"
