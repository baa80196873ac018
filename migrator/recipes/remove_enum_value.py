"""Remove a label from an enum, which the server cannot do: a second column of a new type without it.

Old code may go on to write the label until the contract; new code sees another in its place.
"""

from typing import Literal

from migrator.errors import RecipeRefused
from migrator.recipes.enum_column import EnumColumn
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.schema.model import Schema


class RemoveEnumValue(Recipe):
    """Remove a label from an enum while old and new code run."""

    kind: Literal["remove_enum_value"] = "remove_enum_value"
    table: Target
    """The table, with its schema: public.users."""
    column: str
    """The column of the enum's type."""
    value: str
    """The label that goes."""
    instead: str | None = None
    """The label that rows with it get; without one they get NULL."""
    to: str
    """The name of the second column, which new code uses."""
    only_read: tuple[str, ...] = ()
    """Views over the column through which nobody writes it; after the contract they compute its value."""

    def slug(self) -> str:
        """Return `users_mood_without_sad`."""
        return slug_of(self.table.name, self.column, "without", self.value)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:
        """Return the migration's files.

        Raises:
            RecipeRefused: the label cannot be removed in this way; says why and what to do.
        """
        found = EnumColumn.find(schema, self.table, self.column, self.to, pg_version)
        found.check_label(self.value, is_there=True)
        if self.instead is None and found.column.is_not_null:
            raise RecipeRefused(
                f"{self.table}.{self.column} is NOT NULL, and rows may hold {self.value!r}.",
                "Give --instead, the label that they get.",
            )
        if self.instead is not None:
            found.check_label(self.instead, is_there=True)
        if self.instead == self.value:
            raise RecipeRefused(f"{self.value!r} cannot stand in for itself.", "Give another label.")
        return found.rendering(self, migration_id, {self.value: self.instead}, self.only_read)
