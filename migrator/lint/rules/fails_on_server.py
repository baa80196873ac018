"""A statement that the server refuses, as far as the schema is known.

Why:
    The statement is correct SQL, but not for what is there: NOT VALID for a foreign key of a partitioned table (before
    18), USING INDEX on one, DETACH … CONCURRENTLY beside a DEFAULT partition, a column that a view reads. The server
    finds it when it gets there, perhaps after other statements of the file have run.

Given:
    CREATE TABLE events (at date) PARTITION BY RANGE (at);
    CREATE TABLE events_default PARTITION OF events DEFAULT;
    CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');

Bad:
    ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;

Good:
    ALTER TABLE events DETACH PARTITION events_2020;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim
from migrator.lint.wording import statement_in_short
from migrator.statements.parse import pb

CATEGORY = Category.ERROR
SINCE = 14


def check(file: FileContext) -> Iterator[Claim]:
    """Report what the schema says will fail, but for what a rule of its own reports."""
    for step in file.leaves:
        if step.effects.errors and not _is_said_elsewhere(step):
            yield step.claim(
                f"The server refuses `{statement_in_short(step.statement.text)}`: {'; '.join(step.effects.errors)}.",
                "Do first what the message asks for, or write the statement for the tables that are there.",
            )


_READERS = ("view", "materialized view", "rule", "trigger", "policy")


def _is_said_elsewhere(step: Step) -> bool:
    """concurrent-index-on-partitioned and type-change-view-dependency."""
    node = step.statement.node
    if step.statement.kind == "index_stmt":
        return node.index_stmt.concurrent
    is_type_change = step.statement.kind == "alter_table_stmt" and any(
        cmd.alter_table_cmd.subtype == pb.AT_AlterColumnType for cmd in node.alter_table_stmt.cmds
    )
    return is_type_change and all(words.startswith(_READERS) for words in step.effects.errors)
