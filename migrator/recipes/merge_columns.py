"""Merge several columns into one while old and new code run: `first` and `last` into `full_name`.

`--up` puts the whole together, `--down` says how each old column comes out of it again, because old code must see
what new code writes.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field

from migrator.errors import RecipeRefused
from migrator.recipes.carried_views import carry_views, without_views
from migrator.recipes.column_copies import add_column
from migrator.recipes.formula import read_formula
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.second_columns import MUST_ANSWER, NOT_COPIED, SecondColumns
from migrator.recipes.succession import check_not_shared, check_renamable, check_triggers, last_prefix
from migrator.recipes.sync_trigger import Authority, SyncTrigger
from migrator.recipes.target import check_new_name, check_walkable, find_column, find_table
from migrator.recipes.trials import schemas_of, trials
from migrator.recipes.type_pairs import check_addable, resolved_type
from migrator.schema.model import Column, Grant, Schema, Table


class MergeColumns(Recipe):
    """Merge several columns into one while old and new code run."""

    kind: Literal["merge_columns"] = "merge_columns"
    table: Target
    """The table, with its schema: public.users."""
    to: str
    """The new column's name."""
    up: str
    """An SQL expression over the old columns that gives the new value: concat_ws(' ', first, last)."""
    down: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Old column -> SQL expression over the new one: first=split_part(full_name, ' ', 1)."""
    type: str | None = None
    """The new column's type, where it is not that of the first old column."""
    not_null: bool = False
    """Whether the new column becomes NOT NULL in migrate."""
    authority: Literal["both", "old"] = "both"
    """Who may write until migrate has ended: both versions, or only old code because down loses something."""
    also_drop: tuple[str, ...] = ()
    """Indexes and constraints that use other columns too, and may go with the old ones."""

    only_read: tuple[str, ...] = ()
    """Views over the column through which nobody writes it; after the contract they compute its value."""

    def slug(self) -> str:
        """Return `users_merge_full_name`."""
        return slug_of(self.table.name, "merge", self.to)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:
        """Return the migration's files.

        Raises:
            RecipeRefused: the columns cannot be merged in this way; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True)
        check_triggers(table, pg_version)
        old = self._old(schema, table)
        names = tuple(column.name for column in old)
        check_new_name(table, self.to)
        check_not_shared(table, names, self.also_drop)
        check_walkable(table)
        new = self._new(schema, old)
        check_addable(schema, self.table, new.type)
        up = {self.to: read_formula(schema, "up", self.up, names)}
        down = {name: read_formula(schema, f"down {name}", text, [self.to]) for name, text in self.down.items()}
        path = schemas_of(*old, new)
        sync = SyncTrigger(
            migration_id, self.table, old, (new,), up, down, authority=Authority(self.authority), path=path
        )
        return SecondColumns(
            table=table,
            sync=replace(sync, prefix=last_prefix(schema, table)),
            added=add_column(table, new, new.name),
            defaults=self._defaults(sync, old),
            not_null=(self.to,) if self.not_null else (),
            trials=trials(table.name, sync),
            views=carry_views(schema, table, sync, self.only_read),
            is_exact=False,
            expand_notes=self._notes(names),
            migrate_notes=self._null_notes(),
            contract_notes=(NOT_COPIED.format(", ".join(names)),),
        ).rendering(self)

    def _old(self, schema: Schema, table: Table) -> tuple[Column, ...]:
        if len(self.down) < 2:  # noqa: PLR2004 a merge
            raise RecipeRefused(
                f"Fewer than two columns would be merged into {self.to}.",
                "Give --down NAME=EXPRESSION for each old column: old code must see what new code writes.",
            )
        old = tuple(find_column(table, name) for name in self.down)
        for column in old:
            check_renamable(without_views(schema, table, self.down), table, column)
        return old

    def _new(self, schema: Schema, old: tuple[Column, ...]) -> Column:
        """Return the new column; it gets the rights that all the old ones have."""
        shared: list[Grant] = [grant for grant in old[0].grants if all(grant in column.grants for column in old)]
        if self.type is not None:
            return Column(self.to, resolved_type(schema, self.type), grants=tuple(shared))
        return Column(self.to, old[0].type, collation=old[0].collation, grants=tuple(shared))

    def _defaults(self, sync: SyncTrigger, old: tuple[Column, ...]) -> dict[str, str]:
        """Return the whole of the old defaults; none when no old column has one, or a row had to name another."""
        needs_value = any(column.default is None and column.is_not_null for column in old)
        if needs_value or all(column.default is None for column in old):
            return {}
        values = {column.name: f"({column.default or 'NULL::' + column.type})" for column in old}
        return {self.to: sync.up[self.to].with_values(values)}

    def _notes(self, names: tuple[str, ...]) -> tuple[str, ...]:
        parts = ", ".join(names)
        return (
            (
                f"A write to any of {parts} puts {self.to} together, a write to {self.to} is taken apart. What one side"
                " cannot say is lost when the other side is written, and only then."
            ),
            MUST_ANSWER,
        )

    def _null_notes(self) -> tuple[str, ...]:
        if not self.not_null:
            return ()
        return (f"A row for which --up gives NULL stops the validation of {self.to}. Correct it, then resume.",)
