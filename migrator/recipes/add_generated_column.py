"""Add a column that is computed from others, without writing the table again under a lock.

`ADD COLUMN … GENERATED … STORED` writes the whole table again under ACCESS EXCLUSIVE, on every version. PostgreSQL 18
computes a VIRTUAL column when it is read, which costs nothing to add. Where the value must be stored, an ordinary
column is filled by a trigger that stays, and by a backfill.
"""

from collections.abc import Iterator
from typing import Literal

from migrator.errors import InputError, RecipeRefused
from migrator.names import TableName, made_name, quote
from migrator.recipes.comparison import comparable
from migrator.recipes.formula import Formula, read_formula
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_new_name, check_walkable, find_column, find_table, row_holders
from migrator.recipes.trials import fitting
from migrator.recipes.type_pairs import check_addable, resolved_type
from migrator.schema.model import Schema, Table
from migrator.schema.types import type_text

_VIRTUAL_SINCE = 18
_PARTITIONED_TRIGGERS_SINCE = 13
_LOCKS = "Locks: ACCESS EXCLUSIVE on the table for some milliseconds; nothing is rewritten or scanned."


class AddGeneratedColumn(Recipe):
    """Add a column that is computed from others."""

    kind: Literal["add_generated_column"] = "add_generated_column"
    table: Target
    """The table, with its schema: public.users."""
    column: str
    """The new column's name."""
    type: str
    """Its type, as in CREATE TABLE."""
    expression: str
    """What it holds, over other columns of the row: `price * quantity`."""
    stored: bool = False
    """Store the value, so that it can be indexed: an ordinary column that a trigger fills."""

    def slug(self) -> str:
        """Return `orders_generate_total`."""
        return slug_of(self.table.name, "generate", self.column)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the trigger stays
        """Return the migration's files.

        Raises:
            RecipeRefused: the column cannot be added; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True)
        check_new_name(table, self.column)
        formula = self._formula(schema, table)
        type_name = self._checked_type()
        if self.stored:
            check_addable(schema, self.table, resolved_type(schema, type_name))
            if table.is_partitioned and pg_version < _PARTITIONED_TRIGGERS_SINCE:
                raise RecipeRefused(
                    f"PostgreSQL {pg_version} has no BEFORE triggers on partitioned tables (13 has).",
                    "Write the change by hand, partition by partition: migrator new custom.",
                )
            check_walkable(table)
            self._check_function(schema)
            return Rendering(self._stored(table, formula, type_name))
        if pg_version < _VIRTUAL_SINCE:
            raise RecipeRefused(
                f"PostgreSQL {pg_version} has no VIRTUAL generated column (18 has), and to add a STORED one it writes"
                " the whole table again while nobody reads or writes it.",
                "Give --stored: an ordinary column that a trigger fills.",
            )
        if holders := row_holders(schema, table):
            raise RecipeRefused(
                f"The server adds no generated column to {self.table} while other columns hold whole rows of it:"
                f" {', '.join(holders)}.",
                "Give --stored: an ordinary column that a trigger fills.",
            )
        return Rendering(self._virtual(formula, type_name))

    def _formula(self, schema: Schema, table: Table) -> Formula:
        plain = [column.name for column in table.columns if not column.is_generated]
        formula = read_formula(schema, "expression", self.expression, plain)
        if not formula.columns:
            raise RecipeRefused("The expression reads no column.", "Use add-column with a default.")
        return formula

    def _checked_type(self) -> str:
        try:
            return type_text(self.type)
        except InputError as exc:
            raise RecipeRefused(exc.situation, exc.todo) from exc

    def _virtual(self, formula: Formula, type_name: str) -> dict[str, str]:
        about = (
            f"Expand: {self.table} gets the column {self.column}, which is computed whenever it is read.",
            _LOCKS,
            "Old code never sees a difference, but SELECT * returns one column more; new code may use it at once.",
            "It cannot be indexed, and nobody can write it.",
        )
        generated = f"GENERATED ALWAYS AS ({formula.text}) VIRTUAL"
        drop = (
            f"Abort: {self.column} goes; the table is as it was.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            f"Old code never notices. New code that names {self.column} fails: take it back first.",
        )
        return {
            "migration.toml": manifest_text(self),
            "expand.sql": phase_text(about, [f"{self._add(type_name)} {generated}"]),
            "abort.sql": phase_text(drop, [self._drop()]),
        }

    def _stored(self, table: Table, formula: Formula, type_name: str) -> dict[str, str]:
        about = (
            f"Expand: {self.table} gets the column {self.column}; a trigger, which stays, gives it its value.",
            f"{_LOCKS} One transaction, so that no row is ever written without the trigger.",
            "Old code never sees a difference, but SELECT * returns one column more.",
            "New code may read it after the backfill. What anybody writes to it is overwritten.",
        )
        name = quote(self.column)
        fill = Fill.of(table, {self.column: formula.text}, f"{name} IS NULL AND ({formula.text}) IS NOT NULL")
        drop = (
            f"Abort: {self.column} goes with its trigger; the table is as it was.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            f"Old code never notices. New code that names {self.column} fails: take it back first.",
        )
        analyze = ("Migrate, after the backfill: the planner learns about the new column.", "Locks: none that wait.")
        trial = ("SET LOCAL search_path = pg_catalog, pg_temp", fitting(self.table, {self.column: formula.text}))
        drops = [f"DROP TRIGGER {quote(trigger)} ON {self.table}" for trigger in self._triggers]
        return {
            "migration.toml": manifest_text(self, [fill]),
            "expand.sql": phase_text(about, [(self._add(type_name), *self._arm(table, formula, type_name), *trial)]),
            "migrate.sql": phase_text((*analyze, "No code sees a difference."), [f"ANALYZE {self.table}"]),
            "abort.sql": phase_text(drop, [(*drops, self._drop(), f"DROP FUNCTION {self._function}()")]),
            "verify.sql": self._verify(table, formula, type_name),
        }

    @property
    def _function(self) -> TableName:
        return TableName(self.table.schema, made_name(self.table.name, self.column, suffix="_generated"))

    @property
    def _triggers(self) -> tuple[str, str]:
        """`zz_` makes them the last BEFORE triggers, after those that change the columns."""
        return (
            made_name("zz_generated", self.column, suffix="_i"),
            made_name("zz_generated", self.column, suffix="_u"),
        )

    def _check_function(self, schema: Schema) -> None:
        if self._function in schema.functions:
            raise RecipeRefused(f"There is a function {self._function} already.", "Choose another column name.")

    def _arm(self, table: Table, formula: Formula, type_name: str) -> Iterator[str]:
        value = formula.over("NEW")
        mark = "$f$"
        while mark in value:
            mark = f"{mark[:-1]}f$"
        yield (
            f"CREATE FUNCTION {self._function}() RETURNS trigger"
            "\n    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp"
            f"\n    AS {mark}\nBEGIN\n    NEW.{quote(self.column)} := {value};\n    RETURN NEW;\nEND\n{mark}"
        )
        run = f"EXECUTE FUNCTION {self._function}()"
        on_insert, on_update = map(quote, self._triggers)
        yield f"CREATE TRIGGER {on_insert} BEFORE INSERT ON {self.table}\n    FOR EACH ROW {run}"
        changed = "\n        OR ".join(self._changes(table, formula, type_name))
        yield (
            f"CREATE TRIGGER {on_update} BEFORE UPDATE ON {self.table}\n    FOR EACH ROW WHEN (\n        {changed})"
            f"\n    {run}"
        )

    def _changes(self, table: Table, formula: Formula, type_name: str) -> Iterator[str]:
        """Yield what makes the trigger run: updates of other columns cost nothing."""
        for name in formula.columns:
            column = find_column(table, name)
            old, new = (comparable(f"{row}.{quote(name)}", column.type, column.collation) for row in ("OLD", "NEW"))
            yield f"{old} IS DISTINCT FROM {new}"
        old, new = (comparable(f"{row}.{quote(self.column)}", type_name) for row in ("OLD", "NEW"))
        yield f"{old} IS DISTINCT FROM {new}"

    def _verify(self, table: Table, formula: Formula, type_name: str) -> str:
        about = (f"Verify: a row on which {self.column} is not what it should be.", "Reads the table once.")
        shown = ", ".join(quote(name) for name in dict.fromkeys((*table.primary_key, self.column)))
        held = comparable(quote(self.column), type_name)
        right = comparable(f"CAST(({formula.text}) AS {type_name})", type_name)
        where = f"{held} IS DISTINCT FROM {right}"
        return phase_text(about, [f"SELECT {shown}\nFROM {self.table}\nWHERE {where}\nLIMIT 1"])

    def _add(self, type_name: str) -> str:
        return f"ALTER TABLE {self.table} ADD COLUMN {quote(self.column)} {type_name}"

    def _drop(self) -> str:
        return f"ALTER TABLE {self.table} DROP COLUMN {quote(self.column)}"
