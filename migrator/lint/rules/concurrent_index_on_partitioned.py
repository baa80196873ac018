"""Builds an index concurrently on a partitioned table, which the server refuses.

Why:
    CREATE INDEX CONCURRENTLY and REINDEX INDEX CONCURRENTLY know single tables only. On a partitioned table the index
    is made on the parent alone, where nothing is built, then CONCURRENTLY on each partition, and attached.

Given:
    CREATE TABLE events (at date) PARTITION BY RANGE (at);
    CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

Bad:
    CREATE INDEX CONCURRENTLY events_at ON events (at);

Good:
    CREATE INDEX events_at ON ONLY events (at);
    CREATE INDEX CONCURRENTLY events_2026_at ON events_2026 (at);
    ALTER INDEX events_at ATTACH PARTITION events_2026_at;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.online import index_by_partitions
from migrator.statements.facts.nodes import table_name

CATEGORY = Category.ERROR


def check(file: FileContext) -> Iterator[Claim]:
    """Report CREATE INDEX CONCURRENTLY on tables that are known to be partitioned."""
    for step in file.of_kind("index_stmt"):
        index = step.statement.node.index_stmt
        table = table_name(index.relation)
        known = file.table(table, step)
        if index.concurrent and known is not None and known.is_partitioned:
            yield step.claim(
                f"{table} is partitioned: the server refuses to build an index on it CONCURRENTLY.",
                f"Make it on the parent alone, build it on each partition, attach: {index_by_partitions(step, table)}",
                table=table,
            )
