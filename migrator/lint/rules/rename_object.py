"""Renames a view, function, type or sequence under running code.

Why:
    Queries with the old name fail from that moment, and code with the new name fails until then.

Bad:
    ALTER FUNCTION full_name(text) RENAME TO display_name;

Good:
    CREATE FUNCTION display_name(person text) RETURNS text LANGUAGE sql AS 'SELECT $1';
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.removal import is_made_again

CATEGORY = Category.COMPATIBILITY
_KINDS = frozenset({"view", "materialized view", "function", "type", "sequence", "extension"})


def check(file: FileContext) -> Iterator[Claim]:
    """Report renamed and moved objects that queries name; indexes, constraints and triggers they do not."""
    for step in file.of_kind("rename_stmt", "alter_object_schema_stmt"):
        for rename in step.effects.renames:
            is_kept = file.may_rename(rename, step) or is_made_again(file, step, rename.source)
            if rename.source.kind in _KINDS and not is_kept:
                yield step.claim(
                    f"The {rename.source} has another name at once: queries with the old one fail.",
                    f"Make {rename.new_name} beside it, and drop the old {rename.source.kind} in contract.sql.",
                )
