"""Drop a column that no code uses any more, after everything that DROP COLUMN would take silently with it.

DROP COLUMN removes indexes, checks, keys and sequences that mention the column without a word (reference/phases.md
§2.2). Here each is dropped by its name, and what concerns other columns too is dropped only when it was named.
"""

from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import TableName, quote
from migrator.recipes.column_copies import commented
from migrator.recipes.column_removal import (
    check_droppable,
    family,
    lone_indexes,
    own_constraints,
    statistics_on,
)
from migrator.recipes.dependent_views import drop_view, views_over
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.not_null_constraint import NATIVE_SINCE, NotNullConstraint, held_constraint
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.shared_sequence import check_sequences
from migrator.recipes.target import find_column, find_table
from migrator.schema.expressions import parse_one, walk
from migrator.schema.model import Column, Constraint, Index, Schema, Table
from migrator.statements.parse import pb


class DropColumn(Recipe):
    """Drop a column that no code uses any more."""

    kind: Literal["drop_column"] = "drop_column"
    table: Target
    """The table, with its schema: public.users."""
    column: str
    """The column's name."""
    also_drop: tuple[str, ...] = ()
    """Indexes, constraints and statistics that use other columns too, and views, that may go with it."""

    def slug(self) -> str:
        """Return `users_drop_email`."""
        return slug_of(self.table.name, "drop", self.column)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 names no object
        """Return the migration's files.

        Raises:
            RecipeRefused: the column cannot be dropped; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True)
        column = find_column(table, self.column)
        check_droppable(schema, table, column, self.also_drop)
        check_sequences(schema, family(schema, table), (column,))
        is_written = column.is_identity or column.is_generated
        must_loosen = column.is_not_null and column.default is None and not is_written
        self._check_null_passes(schema, table, column)
        return Rendering(
            {
                "migration.toml": manifest_text(self, has_contract=True),
                "expand.sql": self._expand(must_loosen=must_loosen),
                "contract.sql": self._contract(schema, table, column),
                "abort.sql": self._abort(table, pg_version) if must_loosen else self._nothing_to_undo(),
            }
        )

    def _check_null_passes(self, schema: Schema, table: Table, column: Column) -> None:
        """Refuse a check that might reject rows of new code, which does not write the column."""
        if column.default is not None or column.is_generated or column.is_identity:
            return
        every = own_constraints(schema, table, self.column)
        strict = [constraint.name for _, constraint in every if constraint.kind == "check" and _is_strict(constraint)]
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

    def _contract(self, schema: Schema, table: Table, column: Column) -> str:
        parts = " (a partitioned one with its partitions)" * table.is_partitioned
        indexes = (
            "; indexes are dropped without blocking anybody."
            if not table.is_partitioned
            else "; the server cannot drop a partitioned table's index CONCURRENTLY."
        )
        about = (
            f"Contract: {self.column} goes with its data. Old code fails from here on; there is no way back.",
            (
                f"Locks: ACCESS EXCLUSIVE on the table{parts} for milliseconds in each step (dropping a foreign key"
                f" also on the table it refers to){indexes}"
            ),
            (
                "Everything that DROP COLUMN would take with it silently is dropped by its name first. The space"
                " returns only when the table is written again."
            ),
        )
        names = [part.name for part in family(schema, table)]
        steps: list[Step] = [drop_view(view) for view in views_over(schema, names, self.column)]
        steps += [f"DROP STATISTICS {name}" for name in statistics_on(schema, table, self.column)]
        steps += [
            f"ALTER TABLE {part.name} DROP CONSTRAINT {quote(constraint.name)}"
            for part, constraint in own_constraints(schema, table, self.column)
        ]
        steps += [_drop_index(part, index) for part, index in lone_indexes(schema, table, self.column)]
        steps += self._drop_sequence(column)
        return phase_text(about, [*steps, f"ALTER TABLE {self.table} DROP COLUMN {quote(self.column)}"])

    def _drop_sequence(self, column: Column) -> tuple[str, ...]:
        """Return the statements that free the column from its own sequence: the default holds it."""
        if column.sequence is None:
            return ()
        name = quote(self.column)
        free = f"ALTER TABLE {self.table} ALTER COLUMN {name} DROP DEFAULT, ALTER COLUMN {name} DROP NOT NULL"
        return (free, f"DROP SEQUENCE {column.sequence}")

    def _nothing_to_undo(self) -> str:
        about = (
            "Abort, before contract: nothing was changed, so there is nothing to undo.",
            "Locks: none.",
            "No version of the application sees a difference.",
        )
        return phase_text(about, [])

    def _abort(self, table: Table, pg_version: int) -> str:
        about = (
            f"Abort, before contract: {self.column} is NOT NULL again; the table is as it was.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation blocks no reader and no writer.",
            (
                f"New code that does not write {self.column} fails: take it back first. When it left rows without a"
                " value, the validation stops here: give them one, then resume."
            ),
        )
        if pg_version >= NATIVE_SINCE:  # the constraint has a name of its own there, and gets the same again
            held = held_constraint(table, self.column)
            comment = commented(table, held, held.name) if held else ()
            return phase_text(about, [*NotNullConstraint.of(table, self.column).steps(), *comment])
        return phase_text(about, NotNullProof(self.table, self.column).steps())


def _drop_index(table: Table, index: Index) -> str:
    concurrently = "" if table.is_partitioned else "CONCURRENTLY "
    return f"DROP INDEX {concurrently}{TableName(table.name.schema, index.name)}"


def _is_strict(check: Constraint) -> bool:
    """Return whether the check looks at NULL itself; any other is not false for NULL, and so lets it pass."""
    tree = parse_one(f"ALTER TABLE t ADD {check.definition}")
    return any(isinstance(part, pb.NullTest | pb.CoalesceExpr | pb.FuncCall | pb.CaseExpr) for part in walk(tree))
