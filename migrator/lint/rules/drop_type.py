"""Drops a type that running code may still name.

Why:
    Queries that cast to the type fail from that moment, and so do drivers that looked it up when they connected.

Bad:
    DROP TYPE mood;

Good:
    BEGIN;
    CREATE TYPE mood_new AS ENUM ('sad', 'glad');
    DROP TYPE mood_new;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import gone, removed
from migrator.statements.effects import ObjectRef
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped types; domains have a rule of their own."""
    for step, ref in removed(file, "type"):
        if step.statement.node.drop_stmt.remove_type != pb.OBJECT_DOMAIN and not _is_named_here(file, step, ref):
            yield gone(step, ref, "casts and drivers that name it")


def _is_named_here(file: FileContext, step: Step, ref: ObjectRef) -> bool:
    """Whether this file gave the type its name: what names the old one is the business of the rename."""
    return any(rename.target == ref for earlier in file.steps_before(step) for rename in earlier.effects.renames)
