"""Rename a column while old and new code run: a second column, kept equal by a trigger, takes the old one's place.

`ALTER TABLE … RENAME COLUMN` breaks every running copy of the old code in the same moment. Here both names exist
from expand to contract, and each version of the application sees the column under the name that it knows.
"""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from migrator.recipes.column_copies import Renaming, add_column, copies
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.second_columns import SecondColumns
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.recipes.target import check_new_name, check_renamable, check_walkable, find_column, find_table
from migrator.schema.model import Column, Schema


class RenameColumn(Recipe):
    """Rename a column while old and new code run."""

    kind: Literal["rename_column"] = "rename_column"
    table: Target
    """The table, with its schema: public.users."""
    source: str = Field(alias="from")
    """The column's name today."""
    to: str
    """The column's new name."""

    def slug(self) -> str:
        """Return `users_email_to_mail`."""
        return slug_of(self.table.name, self.source, "to", self.to)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the same for all
        """Return the migration's files.

        Raises:
            RecipeRefused: the column cannot be renamed in this way; says why and what to do.
        """
        table = find_table(schema, self.table)
        column = find_column(table, self.source)
        check_new_name(table, self.to)
        check_renamable(schema, table, column)
        check_walkable(table)
        new = replace(column, name=self.to)
        return SecondColumns(
            table=table,
            sync=SyncTrigger.copying(migration_id, table.name, column, new),
            added=add_column(table, column, self.to),
            copies=copies(schema, table, Renaming({self.source: self.to})),
            defaults={} if column.default is None else {self.to: column.default},
            not_null=(self.to,) if column.is_not_null else (),
            expand_notes=self._explicit_null(column),
        ).rendering(self)

    def _explicit_null(self, column: Column) -> tuple[str, ...]:
        if column.default is None or column.is_not_null:
            return ()
        return (f"Until contract, an insert that says NULL for {self.to} gets the default of {self.source}.",)
