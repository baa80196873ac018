"""Rename a label of an enum while old and new code run, through a second column of a new type.

`ALTER TYPE … RENAME VALUE` takes no lock, but in the same moment old code writes a label that is unknown and reads
one that it does not know (reference/phases.md §2.2).
"""

from typing import Literal

from migrator.recipes.enum_column import EnumColumn
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.schema.model import Schema


class RenameEnumValue(Recipe):
    """Rename a label of an enum while old and new code run."""

    kind: Literal["rename_enum_value"] = "rename_enum_value"
    table: Target
    """The table, with its schema: public.users."""
    column: str
    """The column of the enum's type."""
    value: str
    """The label today."""
    new_value: str
    """The label's new name."""
    to: str
    """The name of the second column, which new code uses."""
    only_read: tuple[str, ...] = ()
    """Views over the column through which nobody writes it; after the contract they compute its value."""

    def slug(self) -> str:
        """Return `users_mood_sad_to_blue`."""
        return slug_of(self.table.name, self.column, self.value, "to", self.new_value)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:
        """Return the migration's files.

        Raises:
            RecipeRefused: the label cannot be renamed in this way; says why and what to do.
        """
        column = EnumColumn.find(schema, self.table, self.column, self.to, pg_version)
        column.check_label(self.value, is_there=True)
        column.check_label(self.new_value, is_there=False)
        return column.rendering(self, migration_id, {self.value: self.new_value}, self.only_read)
