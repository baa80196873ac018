"""Writes a whole table again with VACUUM FULL.

Why:
    The table and its indexes are written again while nobody reads or writes it. Plain VACUUM frees the space for new
    rows while everybody goes on; pg_repack and pg_squeeze give it back to the disk beside the traffic.

Bad:
    VACUUM FULL events;

Good:
    VACUUM events;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.nodes import is_on, options

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report VACUUM FULL; without a table it goes through all of them."""
    for step in file.of_kind("vacuum_stmt"):
        if not is_on(options(step.statement.node.vacuum_stmt.options).get("full")):
            continue
        tables = [lock.table for lock in step.effects.locks]
        yield step.claim(
            takes(
                "VACUUM FULL",
                LOCK,
                ", ".join(map(str, tables)) or "one table after the other",
                "while the whole table and its indexes are written again",
            ),
            "Use plain VACUUM, or a tool that copies beside the traffic, such as pg_repack.",
            lock=LOCK,
            table=tables[0] if tables else None,
            held=Held.REWRITE,
        )
