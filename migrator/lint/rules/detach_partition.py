"""Detaches a partition while nobody can use the partitioned table.

Why:
    DETACH PARTITION takes ACCESS EXCLUSIVE on the parent, the partition and the DEFAULT partition: it waits behind the
    longest running query on any of them, and everybody else waits behind it. CONCURRENTLY (14) leaves all open; it is
    refused when there is a DEFAULT partition, and in a transaction, and leaves a CHECK on the table that was detached.

Bad:
    ALTER TABLE events DETACH PARTITION events_2020;

Good:
    ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim, Severity
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.columns import definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE
SINCE = 14
SEVERITY = Severity.WARNING


def check(file: FileContext) -> Iterator[Claim]:
    """Report DETACH without CONCURRENTLY where CONCURRENTLY is possible."""
    for action in file.actions(pb.AT_DetachPartition):
        step, command = action.step, definition(action.cmd).partition_cmd
        has_default = any(child.bound == "DEFAULT" for child in step.schema.children(action.table))
        if command.concurrent or has_default or file.pg_version < SINCE or file.is_new_table(action.table, step):
            continue
        yield waits(
            step,
            "DETACH PARTITION",
            LOCK,
            action.table,
            Held.INSTANT,
            f"Detach it beside the traffic, outside of a transaction: {step.statement.text} CONCURRENTLY;",
            severity=SEVERITY,
        )
