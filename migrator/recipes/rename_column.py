"""Rename a column while old and new code run: a second column, kept equal by a trigger, takes the old one's place.

`ALTER TABLE … RENAME COLUMN` breaks every running copy of the old code in the same moment. Here both names exist
from expand to contract, and each version of the application sees the column under the name that it knows.
"""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from migrator.names import TableName
from migrator.recipes.carried_views import carry_views, without_views
from migrator.recipes.column_copies import ConstraintCopy, Renaming, add_column, copies, key_copies
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.second_columns import SecondColumns
from migrator.recipes.succession import check_renamable, check_triggers, last_prefix
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.recipes.target import check_new_name, check_walkable, find_column, find_table
from migrator.recipes.type_pairs import check_addable
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
    lazy: bool = False
    """Also write how new code reads the new column before the backfill has ended: an expression and a view."""

    def slug(self) -> str:
        """Return `users_email_to_mail`."""
        return slug_of(self.table.name, self.source, "to", self.to)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:
        """Return the migration's files.

        Raises:
            RecipeRefused: the column cannot be renamed in this way; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True)
        column = find_column(table, self.source)
        check_new_name(table, self.to)
        check_renamable(without_views(schema, table, (self.source,)), table, column, referenced=True)
        check_addable(schema, self.table, column.type)
        check_walkable(table)
        check_triggers(table, pg_version)
        new = replace(column, name=self.to)
        sync = SyncTrigger.copying(migration_id, table.name, column, new)
        renaming = Renaming({self.source: self.to}, keys={table.name: {self.source: self.to}}, is_alike=True)
        incoming = self._incoming(schema, renaming)
        return SecondColumns(
            table=table,
            sync=replace(sync, prefix=last_prefix(schema, table)),
            added=add_column(table, column, self.to),
            copies=copies(schema, table, renaming),
            incoming=incoming,
            defaults={} if column.default is None else {self.to: column.default},
            not_null=(self.to,) if column.is_not_null else (),
            expand_notes=self._explicit_null(column),
            migrate_notes=self._other_tables(incoming),
            is_lazy=self.lazy,
            views=carry_views(schema, table, sync),
        ).rendering(self)

    def _incoming(self, schema: Schema, renaming: Renaming) -> tuple[tuple[TableName, ConstraintCopy], ...]:
        """Return the foreign keys that refer to the column and keep their own columns."""
        tables = {other.name: other for other, _ in schema.referencing(self.table)}
        own = Renaming({}, keys=renaming.keys, is_alike=True)
        found = ((name, copy) for name, other in tables.items() for copy in key_copies(schema, other, own))
        is_self = ((name == self.table and self.source in copy.old.columns, name, copy) for name, copy in found)
        return tuple((name, copy) for is_copied, name, copy in is_self if not is_copied)

    def _other_tables(self, incoming: tuple[tuple[TableName, ConstraintCopy], ...]) -> tuple[str, ...]:
        if not incoming:
            return ()
        names = ", ".join(dict.fromkeys(str(name) for name, _ in incoming))
        return (f"The foreign keys of {names} that refer to {self.source} get a twin that refers to {self.to}.",)

    def _explicit_null(self, column: Column) -> tuple[str, ...]:
        if column.default is None or column.is_not_null:
            return ()
        return (f"Until contract, an insert that says NULL for {self.to} gets the default of {self.source}.",)
