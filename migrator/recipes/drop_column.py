"""Drop a column that no code uses any more, after everything that DROP COLUMN would take silently with it.

DROP COLUMN removes indexes, checks, keys and sequences that mention the column without a word (reference/phases.md
§2.2). Here each is dropped by its name, and what concerns other columns too is dropped only when it was named.
"""

from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import TableName, quote
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_removable, find_column, find_table
from migrator.schema.expressions import parse_one, walk
from migrator.schema.model import Column, Constraint, Schema, Table
from migrator.statements.parse import pb


class DropColumn(Recipe):
    """Drop a column that no code uses any more."""

    kind: Literal["drop_column"] = "drop_column"
    table: Target
    """The table, with its schema: public.users."""
    column: str
    """The column's name."""
    also_drop: tuple[str, ...] = ()
    """Indexes and constraints that use other columns too, and may go with it."""

    def slug(self) -> str:
        """Return `users_drop_email`."""
        return slug_of(self.table.name, "drop", self.column)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the same for all
        """Return the migration's files.

        Raises:
            RecipeRefused: the column cannot be dropped; says why and what to do.
        """
        table = find_table(schema, self.table)
        column = find_column(table, self.column)
        check_removable(schema, table, column)
        self._check_shared(table)
        must_loosen = column.is_not_null and column.default is None and not column.is_identity
        self._check_null_passes(table, column)
        return Rendering(
            {
                "migration.toml": manifest_text(self, has_contract=True),
                "expand.sql": self._expand(must_loosen=must_loosen),
                "contract.sql": self._contract(table, column),
                "abort.sql": self._abort(must_loosen=must_loosen),
            }
        )

    def _check_shared(self, table: Table) -> None:
        """Refuse to take along what other columns need too, unless it was named."""
        shared = [i.name for i in table.indexes if i.constraint is None and self._is_shared(i.columns)]
        shared += [c.name for c in table.constraints if self._is_shared(c.columns)]
        silent = [name for name in dict.fromkeys(shared) if name not in self.also_drop]
        if silent:
            raise RecipeRefused(
                f"These use other columns of {self.table} too and would go with {self.column}: {', '.join(silent)}.",
                "Name each with --also-drop to drop it, or replace it first.",
            )

    def _is_shared(self, columns: tuple[str, ...]) -> bool:
        return self.column in columns and len(set(columns)) > 1

    def _check_null_passes(self, table: Table, column: Column) -> None:
        """Refuse a check that might reject rows of new code, which does not write the column."""
        if column.default is not None:
            return
        strict = [c.name for c in table.constraints if c.kind == "check" and self.column in c.columns and _is_strict(c)]
        if strict:
            raise RecipeRefused(
                f"The check {', '.join(strict)} may refuse rows without {self.column}.", "Drop the check first."
            )

    def _expand(self, *, must_loosen: bool) -> str:
        about = (
            f"Expand: rows without {self.column} are accepted, so that new code need not write it."
            if must_loosen
            else f"Expand: nothing to add. Rows without {self.column} are accepted already.",
            "Locks: " + ("ACCESS EXCLUSIVE on the table for milliseconds." if must_loosen else "none."),
            f"Old code goes on as before. New code must not name {self.column}.",
        )
        loosen = f"ALTER TABLE {self.table} ALTER COLUMN {quote(self.column)} DROP NOT NULL"
        return phase_text(about, [loosen] if must_loosen else [])

    def _contract(self, table: Table, column: Column) -> str:
        about = (
            f"Contract: {self.column} goes with its data. Old code fails from here on; there is no way back.",
            (
                "Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the"
                " table it refers to); indexes are dropped without blocking anybody."
            ),
            (
                "Everything that DROP COLUMN would take with it silently is dropped by its name first. The space"
                " returns only when the table is written again."
            ),
        )
        constraints = [c for c in table.constraints if self.column in c.columns and c.kind != "not null"]
        indexes = [i for i in table.indexes if self.column in i.columns and i.constraint is None]
        steps: list[Step] = [f"ALTER TABLE {self.table} DROP CONSTRAINT {quote(c.name)}" for c in constraints]
        steps += [f"DROP INDEX CONCURRENTLY {TableName(self.table.schema, i.name)}" for i in indexes]
        steps += self._drop_sequence(column)
        return phase_text(about, [*steps, f"ALTER TABLE {self.table} DROP COLUMN {quote(self.column)}"])

    def _drop_sequence(self, column: Column) -> tuple[str, ...]:
        """Return the statements that free the column from its own sequence: the default holds it."""
        if column.sequence is None:
            return ()
        name = quote(self.column)
        free = f"ALTER TABLE {self.table} ALTER COLUMN {name} DROP DEFAULT, ALTER COLUMN {name} DROP NOT NULL"
        return (free, f"DROP SEQUENCE {column.sequence}")

    def _abort(self, *, must_loosen: bool) -> str:
        about = (
            f"Abort, before contract: {self.column} is NOT NULL again; the table is as it was."
            if must_loosen
            else "Abort, before contract: nothing was changed, so there is nothing to undo.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation blocks no reader and no writer."
            if must_loosen
            else "Locks: none.",
            f"New code that does not write {self.column} fails: take it back first. When it left rows without a value,"
            " the validation stops here: give them one, then resume."
            if must_loosen
            else "No version of the application sees a difference.",
        )
        return phase_text(about, NotNullProof(self.table, self.column).steps() if must_loosen else [])


def _is_strict(check: Constraint) -> bool:
    """Return whether the check looks at NULL itself; any other is not false for NULL, and so lets it pass."""
    tree = parse_one(f"ALTER TABLE t ADD {check.definition}")
    return any(isinstance(part, pb.NullTest | pb.CoalesceExpr | pb.FuncCall | pb.CaseExpr) for part in walk(tree))
