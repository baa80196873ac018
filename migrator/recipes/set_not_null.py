"""Make a column NOT NULL without reading the table under a lock.

Nothing is added in expand: a CHECK, even NOT VALID, is tested on every row that is updated, so that it would break
old code on each row that is still NULL. It comes after the backfill, and every running version must write values.
"""

from dataclasses import dataclass
from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import TableName, made_name, quote
from migrator.recipes.expression import read_expression
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_walkable, find_column, find_table
from migrator.schema.model import Constraint, Schema, Table

_NATIVE_SINCE = 18


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
        if find_column(table, self.column).is_not_null:
            raise RecipeRefused(f"{self.table}.{self.column} is NOT NULL already.", "There is nothing to do.")
        is_native = pg_version >= _NATIVE_SINCE and not self.by_check
        return Rendering(self._files(table, _Way(self.table, self.column, is_native, _begun(table, self.column))))

    def _files(self, table: Table, way: "_Way") -> dict[str, str]:
        name = quote(self.column)
        fills: list[Fill] = []
        if self.value is not None:
            check_walkable(table)
            value, _ = read_expression(self.value, "value")
            fills.append(Fill(self.table, {self.column: value}, f"{name} IS NULL", is_comparable=False))
        shown = ", ".join(quote(column) for column in dict.fromkeys((*table.primary_key, self.column)))
        about = (f"Verify: a row on which {self.column} is NULL. There must be none.", "Reads the table once.")
        return {
            "migration.toml": manifest_text(self, fills),
            "expand.sql": self._expand(),
            "migrate.sql": self._migrate(way),
            "abort.sql": self._abort(way),
            "verify.sql": phase_text(about, [f"SELECT {shown}\nFROM {self.table}\nWHERE {name} IS NULL\nLIMIT 1"]),
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

    def _migrate(self, way: "_Way") -> str:
        how = "A CHECK" if not way.is_native else "The NOT NULL constraint"
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
        return phase_text(about, way.steps())

    def _abort(self, way: "_Way") -> str:
        about = (
            f"Abort: {self.column} accepts NULL again. Values that the backfill wrote stay.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            "No version of the application sees a difference.",
        )
        return phase_text(about, way.undo())


@dataclass(frozen=True, slots=True)
class _Way:
    """How the column becomes NOT NULL; `begun` is a constraint of 18 that is there and not valid yet."""

    table: TableName
    column: str
    is_native: bool
    begun: Constraint | None

    @property
    def constraint(self) -> str:
        """The name that the server itself would give."""
        return quote(self.begun.name if self.begun else made_name(self.table.name, self.column, suffix="_not_null"))

    def steps(self) -> tuple[Step, ...]:
        """Return the statements of migrate."""
        if not self.is_native:
            return NotNullProof(self.table, self.column).steps()
        validate = f"ALTER TABLE {self.table} VALIDATE CONSTRAINT {self.constraint}"
        return (validate,) if self.begun else (self._add(), validate)

    def undo(self) -> tuple[Step, ...]:
        """Return the statements of abort: a constraint that was there stays as it was."""
        allow = f"ALTER TABLE {self.table} ALTER COLUMN {quote(self.column)} DROP NOT NULL"
        if self.begun:
            return ((allow, self._add()),)
        return (allow,) if self.is_native else (NotNullProof(self.table, self.column).drop(), allow)

    def _add(self) -> str:
        return f"ALTER TABLE {self.table} ADD CONSTRAINT {self.constraint} NOT NULL {quote(self.column)} NOT VALID"


def _begun(table: Table, column: str) -> Constraint | None:
    kinds = (c for c in table.constraints if c.kind == "not null" and c.columns == (column,))
    return next((c for c in kinds if not c.is_valid), None)
