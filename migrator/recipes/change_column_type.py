"""Change a column's type: in place where the server reads no row for it, else through a second column.

`ALTER COLUMN … TYPE` writes the table and its indexes again under ACCESS EXCLUSIVE, unless it only widens. A free
change still throws away the column's statistics, so that ANALYZE follows at once (reference/phases.md §2.2).
"""

from dataclasses import replace
from shlex import quote as shell
from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import TableName, quote
from migrator.recipes.carried_views import carry_views, without_views
from migrator.recipes.column_copies import Renaming, add_column, copies
from migrator.recipes.formula import Formula, read_formula
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.second_columns import MUST_ANSWER, SecondColumns
from migrator.recipes.succession import check_alterable, check_renamable, check_triggers, last_prefix
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.recipes.target import check_new_name, check_walkable, find_column, find_table
from migrator.recipes.trials import check_retypable, copy_trials, schemas_of, trials
from migrator.recipes.type_pairs import (
    check_addable,
    example_up,
    is_exact,
    is_lossless,
    obstacles_to_free,
    resolved_type,
    settings_for,
    zone_formulas,
)
from migrator.schema.facts.columns import stored_type
from migrator.schema.model import Column, Schema, Table

_FORGOTTEN = ("SET STORAGE", "SET COMPRESSION")


class ChangeColumnType(Recipe):
    """Change a column's type: in place where that reads no row, else through a second column."""

    kind: Literal["change_column_type"] = "change_column_type"
    table: Target
    """The table, with its schema: public.users."""
    column: str
    """The column's name."""
    type: str
    """The new type, as in CREATE TABLE."""
    to: str = ""
    """The name of the second column, when the type cannot be changed in place."""
    up: str | None = None
    """An SQL expression over the column that gives the new value; needed where the server's cast could fail."""
    down: str | None = None
    """An SQL expression over the second column that gives the old value."""
    only_read: tuple[str, ...] = ()
    """Views over the column through which nobody writes it; after the contract they compute its value."""
    lazy: bool = False
    """Also write how new code reads the second column before the backfill has ended: an expression and a view."""
    time_zone: str | None = None
    """The zone that timestamps without time zone are in; with UTC they become timestamptz in place."""

    def slug(self) -> str:
        """Return `users_email_to_text`."""
        return slug_of(self.table.name, self.column, "to", self.to or self.type)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:
        """Return the migration's files.

        Raises:
            RecipeRefused: the type cannot be changed in this way; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True)
        column = find_column(table, self.column)
        new_type = resolved_type(schema, self.type)
        if new_type == column.type:
            raise RecipeRefused(f"{self.table}.{self.column} is {new_type} already.", "There is nothing to do.")
        obstacles = obstacles_to_free(schema, table, column, new_type, self.time_zone)
        if not obstacles and not self.to:
            check_alterable(schema, table, column)
            back = obstacles_to_free(schema, table, replace(column, type=new_type), column.type, self.time_zone)
            return Rendering(self._in_place(table, column, new_type, is_free_back=not back))
        if not self.to:
            raise RecipeRefused(
                f"The type of {self.table}.{self.column} cannot be changed in place: {'; '.join(obstacles)}.",
                "Give --to NAME: a second column of the new type takes its place, and stays under that name. Whoever"
                f" wants {self.column} back renames it afterwards, while code runs: migrator new rename-column.",
            )
        check_triggers(table, pg_version)
        return self._through_a_second_column(schema, table, new_type, migration_id)

    # In place

    def _in_place(self, table: Table, column: Column, new_type: str, *, is_free_back: bool) -> dict[str, str]:
        about = (
            f"Expand: {self.column} becomes {new_type} in place. The stored bytes stay as they are.",
            (
                "Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned. Then ANALYZE,"
                " because the server throws away the column's statistics and would plan without them."
            ),
            f"Old and new code both work: every {column.type} is a {new_type}.",
            (
                "A prepared statement that returns the column fails with `cached plan must not change result type`"
                " until it is prepared again: after the rollback of a transaction, or after DEALLOCATE ALL."
            ),
        )
        analyze = f"ANALYZE {self.table}" + f" ({quote(self.column)})" * (not table.is_partitioned)
        return {
            "migration.toml": manifest_text(self),
            "expand.sql": phase_text(about, [self._alter(column, new_type), analyze]),
            "abort.sql": self._back(column, new_type, analyze, is_free=is_free_back),
        }

    def _alter(self, column: Column, new_type: str, comment: str = "") -> str | tuple[str, ...]:
        """Change the type alone: the server forgets a collation and how values are stored, unless it is told again."""
        name = quote(self.column)
        collation = f" COLLATE {column.collation}" if column.collation and _is_text(new_type) else ""
        stored = (text for text in settings_for(new_type, column.settings) if text.startswith(_FORGOTTEN))
        actions = (f"TYPE {new_type}{collation}", *stored)
        alter = f"{comment}ALTER TABLE {self.table} " + ", ".join(f"ALTER COLUMN {name} {text}" for text in actions)
        if self.time_zone is None:
            return alter
        zone = self.time_zone.replace("'", "''")
        return (f"SET LOCAL TimeZone = '{zone}'", alter)

    def _back(self, column: Column, new_type: str, analyze: str, *, is_free: bool) -> str:
        about = (
            f"Abort: {self.column} is {column.type} again.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned."
            if is_free
            else (
                f"Locks: ACCESS EXCLUSIVE on the table while every row is read or written: the server must make sure"
                f" that each value is still a {column.type}, and stops when one is not. On a large table prefer to"
                f" leave {new_type} as it is: it harms nobody."
            ),
            "Old and new code both work.",
        )
        allow = "-- migrator: allow change-column-type: the way back, see above; leaving the wider type is the other\n"
        return phase_text(about, [self._alter(column, column.type, "" if is_free else allow), analyze])

    # Through a second column

    def _through_a_second_column(self, schema: Schema, table: Table, new_type: str, migration_id: str) -> Rendering:
        old = find_column(table, self.column)
        check_new_name(table, self.to)
        check_renamable(without_views(schema, table, (old.name,)), table, old)
        check_walkable(table)
        check_addable(schema, self.table, new_type)
        new = replace(
            old,
            name=self.to,
            type=new_type,
            collation=old.collation if _is_text(new_type) else None,
            settings=settings_for(new_type, old.settings),
        )
        check_retypable(schema, table, old, new)
        up, down = self._formulas(schema, old, new)
        parts = copies(schema, table, Renaming({self.column: self.to}, types=self._types(schema, old, new_type)))
        sync = SyncTrigger(
            migration_id,
            table.name,
            (old,),
            (new,),
            {new.name: up},
            {old.name: down},
            path=schemas_of(old, new),
            prefix=last_prefix(schema, table),
        )
        return SecondColumns(
            is_lazy=self.lazy,
            table=table,
            sync=sync,
            added=add_column(table, new, self.to),
            copies=parts,
            before=copy_trials(table.name, new, parts),
            defaults={} if old.default is None else {self.to: up.with_values({old.name: f"({old.default})"})},
            not_null=(self.to,) if old.is_not_null else (),
            trials=trials(table.name, sync),
            views=carry_views(schema, table, sync, self.only_read),
            is_exact=is_exact(old.type, new_type) and up.is_column and down.is_column,
            expand_notes=self._expand_notes(old, new),
            contract_notes=self._contract_notes(old, new),
            migrate_notes=self._migrate_notes(old, new),
        ).rendering(self)

    def _types(self, schema: Schema, old: Column, new_type: str) -> dict[str, TableName]:
        """Return which type constants in checks and indexes are to be of: an enum has no value of another's."""
        names = {str(name): name for name in schema.enums} | {"text": TableName("pg_catalog", "text")}
        is_enum = old.type in names and old.type != "text"
        return {old.type: names[new_type]} if is_enum and new_type in names else {}

    def _formulas(self, schema: Schema, old: Column, new: Column) -> tuple[Formula, Formula]:
        zoned = zone_formulas(old.type, new.type, self.time_zone, old.name, new.name)
        up_text, down_text = self.up or (zoned and zoned[0]), self.down or (zoned and zoned[1])
        if (up_text is None or down_text is None) and not is_lossless(stored_type(schema, old.type), new.type):
            missing = (
                "--up and --down" if up_text is None and down_text is None else "--up" if not up_text else "--down"
            )
            example = ("up", example_up(old.name, old.type, new.type))
            if up_text is not None:
                example = ("down", example_up(new.name, new.type, old.type))
            raise RecipeRefused(
                f"A {old.type} may not survive the way to {new.type} and back: nobody but you knows what its values"
                " should become.",
                f"Give {missing}: an expression that never fails, or old code's writes would fail with"
                f" it; such as --{example[0]} {_in_shell(example[1])}.",
            )
        up = Formula.of_column(old.name) if up_text is None else read_formula(schema, "up", up_text, [old.name])
        down = Formula.of_column(new.name) if down_text is None else read_formula(schema, "down", down_text, [new.name])
        return up, down

    def _expand_notes(self, old: Column, new: Column) -> tuple[str, ...]:
        narrow = (
            f"Until contract each write to {new.name} must also fit {old.type}: a value that does not fit makes the"
            " statement of new code fail, and one with more digits than that is rounded for old code."
        )
        translated = f"Each write to {old.name} is translated by --up and each write to {new.name} by --down."
        return (narrow,) if self.up is None and self.down is None else (translated, MUST_ANSWER)

    def _contract_notes(self, old: Column, new: Column) -> tuple[str, ...]:
        return (
            (
                f"The column is now {new.name}. To have it under the name {old.name}, rename it in a migration of its"
                f" own, which running code survives: migrator new rename-column --table {shell(str(self.table))} --from"
                f" {shell(new.name)} --to {shell(old.name)}. A plain RENAME COLUMN breaks all code that runs."
            ),
        )

    def _migrate_notes(self, old: Column, new: Column) -> tuple[str, ...]:
        if not old.is_not_null or self.up is None:
            return ()
        stops = f"{new.name} becomes NOT NULL: a row for which --up gives NULL stops the validation here."
        return (f"{stops} Correct it in {old.name}, then resume.",)


def _is_text(type_name: str) -> bool:
    """Whether values of the type have a collation."""
    return "text" in type_name or "char" in type_name


def _in_shell(text: str) -> str:
    """Return an expression as it is pasted: in double quotes, because most hold single ones."""
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'
