"""Drops a domain that running code may still name.

Why:
    Queries that cast to the domain fail from that moment, and so do drivers that looked it up when they connected.

Bad:
    DROP DOMAIN percent;

Good:
    BEGIN;
    CREATE DOMAIN percent_new AS int;
    DROP DOMAIN percent_new;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import gone, removed
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped domains."""
    for step, ref in removed(file, "type"):
        if step.statement.node.drop_stmt.remove_type == pb.OBJECT_DOMAIN:
            yield gone(step, ref, "casts and drivers that name it")
