"""Split a column into several while old and new code run: `full_name` into `first` and `last`.

Each side is written in terms of the other: `--into` says how a part comes out of the whole, `--down` how the whole is
put together. Where the parts cannot be found again in the whole, `--authority old` lets new code only read the parts
until migrate has ended, and turns the trigger then.
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
from migrator.schema.model import Column, Schema


class SplitColumn(Recipe):
    """Split a column into several while old and new code run."""

    kind: Literal["split_column"] = "split_column"
    table: Target
    """The table, with its schema: public.users."""
    source: str = Field(alias="from")
    """The column's name."""
    into: Mapping[str, str] = Field(default_factory=dict[str, str])
    """New column -> SQL expression over the old one: first=split_part(full_name, ' ', 1)."""
    types: Mapping[str, str] = Field(default_factory=dict[str, str])
    """New column -> its type, where it is not that of the old column."""
    down: str
    """An SQL expression over the new columns that gives the old value."""
    authority: Literal["both", "old"] = "both"
    """Who may write until migrate has ended: both versions, or only old code because down loses something."""
    also_drop: tuple[str, ...] = ()
    """Indexes and constraints that use other columns too, and may go with the old column."""

    only_read: tuple[str, ...] = ()
    """Views over the column through which nobody writes it; after the contract they compute its value."""

    def slug(self) -> str:
        """Return `users_split_full_name`."""
        return slug_of(self.table.name, "split", self.source)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:
        """Return the migration's files.

        Raises:
            RecipeRefused: the column cannot be split in this way; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True)
        check_triggers(table, pg_version)
        old = find_column(table, self.source)
        if len(self.into) < 2:  # noqa: PLR2004 a split
            raise RecipeRefused(
                f"{self.source} would be split into fewer than two columns.",
                "Give --into NAME=EXPRESSION for each; for one column use migrator new change-column-type.",
            )
        for name in self.into:
            check_new_name(table, name)
        check_renamable(without_views(schema, table, (old.name,)), table, old)
        check_not_shared(table, (old.name,), self.also_drop)
        check_walkable(table)
        sync = replace(self._sync(schema, old, migration_id), prefix=last_prefix(schema, table))
        for new in sync.new:
            check_addable(schema, self.table, new.type)
        return SecondColumns(
            table=table,
            sync=sync,
            added=tuple(statement for new in sync.new for statement in add_column(table, new, new.name)),
            defaults=self._defaults(sync, old),
            trials=trials(table.name, sync),
            views=carry_views(schema, table, sync, self.only_read),
            is_exact=False,
            expand_notes=self._notes(),
            contract_notes=(NOT_COPIED.format(self.source),),
        ).rendering(self)

    def _sync(self, schema: Schema, old: Column, migration_id: str) -> SyncTrigger:
        new = tuple(self._column(schema, old, name) for name in self.into)
        up = {name: read_formula(schema, f"into {name}", text, [old.name]) for name, text in self.into.items()}
        down = {old.name: read_formula(schema, "down", self.down, [column.name for column in new])}
        path = schemas_of(old, *new)
        return SyncTrigger(
            migration_id, self.table, (old,), new, up, down, authority=Authority(self.authority), path=path
        )

    def _column(self, schema: Schema, old: Column, name: str) -> Column:
        unknown = self.types.keys() - self.into.keys()
        if unknown:
            raise RecipeRefused(f"types names {', '.join(sorted(unknown))}, which is not in into.", "Correct the name.")
        if name in self.types:
            return Column(name, resolved_type(schema, self.types[name]), grants=old.grants)
        return Column(name, old.type, collation=old.collation, grants=old.grants)

    def _defaults(self, sync: SyncTrigger, old: Column) -> dict[str, str]:
        """Return what each part of the old default is; a row without any value keeps getting the same."""
        if old.default is None:
            return {}
        return {name: formula.with_values({old.name: f"({old.default})"}) for name, formula in sync.up.items()}

    def _notes(self) -> tuple[str, ...]:
        parts = ", ".join(self.into)
        return (
            (
                f"A write to {self.source} is taken apart, a write to any of {parts} puts {self.source} together again."
                " What one side cannot say is lost when the other side is written, and only then."
            ),
            MUST_ANSWER,
        )
