"""Attaches a partition, and reads the new one or the DEFAULT partition under lock.

Why:
    ATTACH PARTITION leaves the parent open (SHARE UPDATE EXCLUSIVE), but takes ACCESS EXCLUSIVE on the new partition
    and on a DEFAULT partition, and reads every row of each, unless a valid CHECK proves that the rows are inside of the
    bound, or outside of it for the DEFAULT one.

Given:
    CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE events_2025 (at date NOT NULL);

Bad:
    ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');

Good:
    ALTER TABLE events_2025 ADD CONSTRAINT of_2025 CHECK (at >= '2025-01-01' AND at < '2026-01-01') NOT VALID;
    ALTER TABLE events_2025 VALIDATE CONSTRAINT of_2025;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report partitions that are scanned, or may be, when they are attached."""
    for action in file.actions(pb.AT_AttachPartition):
        effects, command = action.effects, definition(action.cmd).partition_cmd
        partition = table_name(command.name)
        is_index = any(lock.table == action.table and lock.level is LockLevel.NONE for lock in effects.locks)
        if effects.scan is Fact.NO or is_index or not command.HasField("bound"):
            continue
        read = [table for table in effects.scans if table != partition] if effects.scans else []
        if file.is_empty_table(partition, action.step) and not read:
            continue
        yield waits(
            action.step,
            "ATTACH PARTITION",
            LOCK,
            read[0] if read and partition not in effects.scans else partition,
            Held.SCAN,
            f"Prove the bound first: ALTER TABLE {partition} ADD CONSTRAINT … CHECK (…) NOT VALID; and, in another "
            f"transaction, VALIDATE it; then ATTACH reads nothing. A DEFAULT partition needs the opposite CHECK.",
            fact=effects.scan,
            missing=effects.missing,
            on=" and ".join(map(str, effects.scans)) or str(partition),
        )
