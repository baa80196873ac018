"""Writes a whole table again in the order of an index.

Why:
    CLUSTER writes the table and its indexes again while nobody reads or writes it, and the order is lost again with the
    next writes.

Bad:
    CLUSTER events_2020 USING events_at;

Good:
    ALTER TABLE events_2020 CLUSTER ON events_at;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report CLUSTER; without a table it goes through all that were clustered before."""
    for step in file.of_kind("cluster_stmt"):
        tables = [lock.table for lock in step.effects.locks]
        if tables and file.is_empty_table(tables[0], step):
            continue
        yield step.claim(
            takes(
                "CLUSTER",
                LOCK,
                ", ".join(map(str, tables)) or "one table after the other",
                "while the whole table and its indexes are written again",
            ),
            "Use a tool that orders beside the traffic, such as pg_repack.",
            lock=LOCK,
            table=tables[0] if tables else None,
            held=Held.REWRITE,
        )
