"""Make a column NOT NULL without reading the table under a lock.

Nothing is added in expand: a CHECK, even NOT VALID, is tested on every row that is updated, so that it would break
old code on each row that is still NULL. It comes after the backfill, and every running version must write values.
"""

from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import quote
from migrator.recipes.expression import read_expression
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.not_null_constraint import NATIVE_SINCE, NotNullConstraint, held_constraint
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_walkable, find_column, find_table
from migrator.recipes.type_pairs import check_provable, may_be_composite
from migrator.schema.model import Schema, Table


class SetNotNull(Recipe):
    """Make a column NOT NULL without reading the table under a lock."""

    kind: Literal["set_not_null"] = "set_not_null"
    table: Target
    """The table, with its schema: public.users."""
    column: str
    """The column's name."""
    value: str | None = None
    """An SQL expression for the rows that are NULL today; without it there must be none."""
    by_check: bool = False
    """Prove it by a CHECK also on PostgreSQL 18, which has NOT NULL … NOT VALID."""

    def slug(self) -> str:
        """Return `users_email_not_null`."""
        return slug_of(self.table.name, self.column, "not_null")

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 names no object
        """Return the migration's files.

        Raises:
            RecipeRefused: it cannot be done; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True, part=True)
        column = find_column(table, self.column)
        if column.is_not_null:
            raise RecipeRefused(f"{self.table}.{self.column} is NOT NULL already.", "There is nothing to do.")
        is_native = pg_version >= NATIVE_SINCE and not self.by_check
        if not is_native:
            check_provable(schema, self.table, column)
        # the text, because IS NULL is true of a composite value whose fields are NULL, and that is none
        as_text = "::text" * may_be_composite(schema, column.type)
        native = NotNullConstraint.of(table, self.column) if is_native else None
        return Rendering(self._files(table, native, f"{quote(self.column)}{as_text} IS NULL"))

    def _files(self, table: Table, native: NotNullConstraint | None, empty: str) -> dict[str, str]:
        fills: list[Fill] = []
        if self.value is not None:
            check_walkable(table)
            value, _ = read_expression(self.value, "value")
            fills.append(Fill.of(table, {self.column: value}, empty, is_comparable=False))
        shown = ", ".join(quote(column) for column in dict.fromkeys((*table.primary_key, self.column)))
        about = (f"Verify: a row on which {self.column} is NULL. There must be none.", "Reads the table once.")
        return {
            "migration.toml": manifest_text(self, fills),
            "expand.sql": self._expand(),
            "migrate.sql": self._migrate(table, native),
            "abort.sql": self._abort(table, native),
            "verify.sql": phase_text(about, [f"SELECT {shown}\nFROM {self.table}\nWHERE {empty}\nLIMIT 1"]),
        }

    def _expand(self) -> str:
        about = (
            (
                "Expand: nothing to add. A CHECK, even NOT VALID, is tested on every row that is updated: until the"
                " backfill is done it would break writes to rows that are still NULL."
            ),
            "Locks: none.",
            f"From here on every running version must write a value to {self.column}.",
        )
        return phase_text(about, [])

    def _migrate(self, table: Table, native: NotNullConstraint | None) -> str:
        how = "A CHECK" if native is None else "The NOT NULL constraint"
        about = (
            (
                f"Migrate, after the backfill: {self.column} becomes NOT NULL. {how} refuses new NULLs first, then old"
                " rows are validated."
            ),
            (
                "Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation takes SHARE UPDATE EXCLUSIVE,"
                " reads the table once and blocks no reader and no writer."
            ),
            "When the validation finds a NULL that was written meanwhile, run the backfill again, then resume.",
            f"Both versions of the application must write a value to {self.column}.",
        )
        if native is None:
            return phase_text(about, NotNullProof(self.table, self.column).steps())
        is_begun = held_constraint(table, self.column) is not None
        return phase_text(about, (native.validate(),) if is_begun else native.steps())

    def _abort(self, table: Table, native: NotNullConstraint | None) -> str:
        about = (
            f"Abort: {self.column} accepts NULL again. Values that the backfill wrote stay.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            "No version of the application sees a difference.",
        )
        allow = f"ALTER TABLE {self.table} ALTER COLUMN {quote(self.column)} DROP NOT NULL"
        if native is None:
            return phase_text(about, [NotNullProof(self.table, self.column).drop(), allow])
        is_begun = held_constraint(table, self.column) is not None
        return phase_text(about, [(native.drop(), native.add())] if is_begun else [allow])
