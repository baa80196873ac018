"""Rename a column while old and new code run: a second column, kept equal by a trigger, takes the old one's place.

`ALTER TABLE … RENAME COLUMN` breaks every running copy of the old code in the same moment. Here both names exist
from expand to contract, and each version of the application sees the column under the name that it knows.
"""

from typing import Literal

from pydantic import Field

from migrator.names import TableName, quote
from migrator.recipes.column_copies import ColumnCopies, add_column, copies
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.recipes.target import check_new_name, check_renamable, check_walkable, find_column, find_table
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

    def slug(self) -> str:
        """Return `users_email_to_mail`."""
        return slug_of(self.table.name, self.source, "to", self.to)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the same for all
        """Return the migration's files.

        Raises:
            RecipeRefused: the column cannot be renamed in this way; says why and what to do.
        """
        table = find_table(schema, self.table)
        column = find_column(table, self.source)
        check_new_name(table, self.to)
        check_renamable(schema, table, column)
        check_walkable(table)
        sync = SyncTrigger(migration_id, table.name, self.source, self.to, column.type, column.collation)
        parts = copies(schema, table, self.source, self.to)
        fill = Fill(table.name, {self.to: quote(self.source)}, sync.unfilled())
        return Rendering(
            {
                "migration.toml": manifest_text(self, [fill], has_contract=True),
                "expand.sql": self._expand(column, add_column(table, column, self.to), sync),
                "migrate.sql": self._migrate(column, parts),
                "contract.sql": self._contract(column, parts, sync),
                "abort.sql": self._abort(parts, sync),
                "verify.sql": self._verify(table.primary_key, sync),
            }
        )

    def _expand(self, column: Column, added: tuple[str, ...], sync: SyncTrigger) -> str:
        """The default stays on the old column: one that fires for old code would look like new code's value."""
        explicit_null = (
            f"Until contract, an insert that says NULL for {self.to} gets the default of {self.source}.",
        ) * (column.default is not None and not column.is_not_null)
        about = (
            f"Expand: {self.table} gets the column {self.to} beside {self.source}; a trigger keeps the two equal.",
            "Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.",
            f"Old code goes on with {self.source} and never sees a difference.",
            f"New code may write {self.to}; it may read it after the backfill, because older rows are still empty.",
            "SELECT * returns one column more. One transaction, so that no row is ever written without the trigger.",
            *explicit_null,
        )
        return phase_text(about, [(*added, *sync.create())])

    def _migrate(self, column: Column, parts: ColumnCopies) -> str:
        about = (
            f"Migrate, after the backfill: {self.to} gets the indexes and constraints of {self.source}.",
            (
                "Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer;"
                " adding a constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for"
                " milliseconds."
            ),
            f"Old and new code both work. New code may say ON CONFLICT ({self.to}) only after this phase.",
        )
        steps: list[Step] = [copy.create for copy in parts.indexes]
        steps += [step for copy in parts.uniques for step in copy.steps]
        if column.is_not_null:
            steps += NotNullProof(self.table, self.to).steps()
        steps += [step for copy in (*parts.checks, *parts.foreign_keys) for step in copy.steps]
        return phase_text(about, [*steps, f"ANALYZE {self.table}"])

    def _contract(self, column: Column, parts: ColumnCopies, sync: SyncTrigger) -> str:
        about = (
            f"Contract: {self.source} goes, {self.to} stays. Old code fails from here on; there is no way back.",
            (
                "Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the"
                " table it refers to); indexes are dropped without blocking anybody."
            ),
            (
                f"First goes everything that could refuse a row without {self.source}, then the trigger is disarmed"
                " (no table lock), then trigger and column go in one transaction: in any other order an insert fails."
            ),
        )
        handed = [] if column.sequence is None else [self._own_sequence(column.sequence)]
        loosened = self._loosen(column, parts)
        last = (*sync.drop_triggers(), self._drop(self.source), sync.drop_function())
        return phase_text(
            about,
            [
                *handed,
                *([loosened] if loosened else []),
                *(self._drop_constraint(copy.old.name) for copy in (*parts.foreign_keys, *parts.uniques)),
                *(self._drop_index(copy.old.name) for copy in parts.indexes),
                sync.disarm(),
                last,
            ],
        )

    def _loosen(self, column: Column, parts: ColumnCopies) -> str:
        """Return one ALTER: the default moves, and nothing of the old column refuses NULL any more."""
        old, new = quote(self.source), quote(self.to)
        actions: list[str] = []
        if column.default is not None:
            actions += [f"ALTER COLUMN {new} SET DEFAULT {column.default}", f"ALTER COLUMN {old} DROP DEFAULT"]
        if column.is_not_null:
            actions.append(f"ALTER COLUMN {old} DROP NOT NULL")
        actions += [f"DROP CONSTRAINT {quote(copy.old.name)}" for copy in parts.checks]
        separator = ",\n    "
        return f"ALTER TABLE {self.table}\n    {separator.join(actions)}" if actions else ""

    def _abort(self, parts: ColumnCopies, sync: SyncTrigger) -> str:
        about = (
            f"Abort, before contract: {self.to} and everything that was made for it go; the table is as it was.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.",
            f"Old code never notices. New code that names {self.to} fails: take it back first.",
        )
        constraints = (*parts.foreign_keys, *parts.checks, *parts.uniques)
        last = (*sync.drop_triggers(), self._drop(self.to), sync.drop_function())
        return phase_text(
            about,
            [
                *(self._drop_index(copy.name) for copy in parts.indexes),
                *(self._drop_constraint(copy.name) for copy in constraints),
                last,
            ],
        )

    def _verify(self, key: tuple[str, ...], sync: SyncTrigger) -> str:
        shown = ", ".join(quote(name) for name in dict.fromkeys((*key, self.source, self.to)))
        about = (
            f"Verify, before contract: a row on which {self.source} and {self.to} differ. There must be none.",
            "Reads the table once; locks nobody out.",
        )
        select = f"SELECT {shown}\nFROM {self.table}\nWHERE {sync.differs()}\nLIMIT 1"
        return phase_text(about, [select])

    def _own_sequence(self, sequence: TableName) -> str:
        return f"ALTER SEQUENCE {sequence} OWNED BY {self.table}.{quote(self.to)}"

    def _drop(self, column: str) -> str:
        return f"ALTER TABLE {self.table} DROP COLUMN {quote(column)}"

    def _drop_constraint(self, name: str) -> str:
        return f"ALTER TABLE {self.table} DROP CONSTRAINT {quote(name)}"

    def _drop_index(self, name: str) -> str:
        return f"DROP INDEX CONCURRENTLY {TableName(self.table.schema, name)}"
