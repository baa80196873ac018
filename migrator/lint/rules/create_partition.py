"""Creates a partition, and locks its parent and the DEFAULT partition.

Why:
    CREATE TABLE … PARTITION OF takes ACCESS EXCLUSIVE on the parent. If there is a DEFAULT partition it is locked the
    same way and every row of it is read, because rows that belong to the new partition may be in it. A table that is
    made alone and attached leaves the parent open.

Given:
    CREATE TABLE events (at date) PARTITION BY RANGE (at);
    CREATE TABLE events_default PARTITION OF events DEFAULT;

Bad:
    CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

Good:
    CREATE TABLE events_2026 (LIKE events INCLUDING ALL);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.nodes import table_name

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report partitions of parents that have a DEFAULT partition with rows, or may have one."""
    for step in file.of_kind("create_stmt"):
        statement = step.statement.node.create_stmt
        if not statement.HasField("partbound") or statement.partbound.is_default or step.effects.scan is Fact.NO:
            continue
        parent = table_name(statement.inh_relations[0].range_var)
        if not file.is_new_table(parent, step):
            yield waits(
                step,
                "PARTITION OF",
                LOCK,
                parent,
                Held.SCAN,
                f"Make the table alone, with a CHECK of its bound, and then ALTER TABLE {parent} ATTACH PARTITION …; "
                "and keep the DEFAULT partition empty, or give it a CHECK that its rows are outside of the bound.",
                fact=step.effects.scan,
                missing=step.effects.missing,
                on=_on(step),
                how_long="while every row of the DEFAULT partition is read",
            )


def _on(step: Step) -> str:
    return " and ".join(str(lock.table) for lock in step.effects.locks if lock.level is LOCK)
