"""Add a column without rewriting the table, whatever its default is.

A default that is the same for every row is stored once in the catalog (11+). One that each row computes, such as
`gen_random_uuid()`, makes `ADD COLUMN … DEFAULT` write the whole table again under ACCESS EXCLUSIVE: here it is set
for new rows first, and a backfill gives the old rows theirs.
"""

from typing import Literal

from migrator.errors import InputError, RecipeRefused
from migrator.names import quote
from migrator.recipes.expression import read_expression
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_new_name, check_walkable, find_table
from migrator.schema.model import Schema
from migrator.schema.types import type_text

_EXPAND_LOCKS = "Locks: ACCESS EXCLUSIVE on the table for some milliseconds; nothing is rewritten or scanned."


class AddColumn(Recipe):
    """Add a column without rewriting the table."""

    kind: Literal["add_column"] = "add_column"
    table: Target
    """The table, with its schema: public.users."""
    column: str
    """The new column's name."""
    type: str
    """Its type, as in CREATE TABLE."""
    default: str | None = None
    """An SQL expression for rows that do not say otherwise."""
    not_null: bool = False
    """Whether NULL is refused; needs a default."""

    def slug(self) -> str:
        """Return `users_add_score`."""
        return slug_of(self.table.name, "add", self.column)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the same for all
        """Return the migration's files.

        Raises:
            RecipeRefused: the column cannot be added; says why and what to do.
        """
        table = find_table(schema, self.table)
        check_new_name(table, self.column)
        if self.not_null and self.default is None:
            raise RecipeRefused(
                f"A NOT NULL column without a default cannot be added to {self.table}: old code gives it no value.",
                "Give --default, or add it nullable and use set-not-null when every version writes it.",
            )
        type_name = self._checked_type()
        default, varies = read_expression(self.default, "default") if self.default is not None else ("", False)
        if not varies:
            return Rendering(self._at_once(type_name, default))
        check_walkable(table)
        return Rendering(self._filled(type_name, default))

    def _at_once(self, type_name: str, default: str) -> dict[str, str]:
        rest = f" DEFAULT {default}" * bool(default) + " NOT NULL" * self.not_null
        about = (
            f"Expand: {self.table} gets the column {self.column}"
            + (", for old rows with the default, which is stored once." if default else ", empty."),
            _EXPAND_LOCKS,
            "Old code never sees a difference, but SELECT * returns one column more; new code may use it at once.",
        )
        return {
            "migration.toml": manifest_text(self),
            "expand.sql": phase_text(about, [f"{self._add(type_name)}{rest}"]),
            "abort.sql": self._abort(),
        }

    def _filled(self, type_name: str, default: str) -> dict[str, str]:
        name = quote(self.column)
        about = (
            f"Expand: {self.table} gets the column {self.column}; the default is for new rows only.",
            _EXPAND_LOCKS,
            "Old code never sees a difference, but SELECT * returns one column more.",
            "New code must accept NULL until the backfill has given old rows their value.",
        )
        set_default = f"ALTER TABLE {self.table} ALTER COLUMN {name} SET DEFAULT {default}"
        fill = Fill(self.table, {self.column: default}, f"{name} IS NULL", is_comparable=False)
        migrate = {"migrate.sql": self._migrate()} if self.not_null else {}
        return {
            "migration.toml": manifest_text(self, [fill]),
            "expand.sql": phase_text(about, [(self._add(type_name), set_default)]),
            **migrate,
            "abort.sql": self._abort(),
            "verify.sql": self._verify(),
        }

    def _add(self, type_name: str) -> str:
        return f"ALTER TABLE {self.table} ADD COLUMN {quote(self.column)} {type_name}"

    def _checked_type(self) -> str:
        try:
            return type_text(self.type)
        except InputError as exc:
            raise RecipeRefused(exc.situation, exc.todo) from exc

    def _migrate(self) -> str:
        about = (
            f"Migrate, after the backfill: {self.column} becomes NOT NULL; a CHECK proves it without a locked scan.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation blocks no reader and no writer.",
            f"Old code gives {self.column} its default; new code must not write NULL.",
        )
        return phase_text(about, NotNullProof(self.table, self.column).steps())

    def _abort(self) -> str:
        about = (
            f"Abort: {self.column} goes, with what was written to it; the table is as it was.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            f"Old code never notices. New code that names {self.column} fails: take it back first.",
        )
        return phase_text(about, [f"ALTER TABLE {self.table} DROP COLUMN {quote(self.column)}"])

    def _verify(self) -> str:
        about = ("Verify: a row that the backfill did not fill. There must be none.", "Reads the table once.")
        return phase_text(about, [f"SELECT *\nFROM {self.table}\nWHERE {quote(self.column)} IS NULL\nLIMIT 1"])
