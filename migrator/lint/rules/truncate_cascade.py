"""Empties a table and, unseen, every table that references it.

Why:
    CASCADE follows the foreign keys: tables that no line of the migration names lose all their rows too, and are locked
    in ACCESS EXCLUSIVE mode. Which ones depends on the database.

Bad:
    -- migrator: allow truncate: the table is a cache
    TRUNCATE page_cache CASCADE;

Good:
    -- migrator: allow truncate: both tables are caches
    TRUNCATE page_cache, page_cache_entries;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.statements.parse import pb

CATEGORY = Category.DATA_LOSS


def check(file: FileContext) -> Iterator[Claim]:
    """Report TRUNCATE … CASCADE, but for tables that this file made."""
    for step in file.of_kind("truncate_stmt"):
        tables = [lock.table for lock in step.effects.locks]
        is_cascade = step.statement.node.truncate_stmt.behavior == pb.DROP_CASCADE
        if is_cascade and not all(file.is_new_table(table, step) for table in tables):
            yield step.claim(
                f"CASCADE empties with {', '.join(map(str, tables))} every table that references it, and takes ACCESS "
                "EXCLUSIVE on each.",
                "Leave CASCADE away and name in one TRUNCATE all tables that are to be emptied.",
            )
