"""Add a foreign key without reading either table under a lock that stops writes.

The key is added NOT VALID, which holds for new rows at once, and old rows are validated afterwards. Before PostgreSQL
18 a partitioned table refuses NOT VALID: there each partition gets its key first, and the parent takes them over
without reading a row.
"""

from typing import Literal

from pydantic import Field

from migrator.errors import RecipeRefused
from migrator.names import made_name, quote
from migrator.recipes.foreign_key_target import check_actions, check_types, referenced_columns, supporting_index
from migrator.recipes.index_build import IndexBuild, IndexShape, version_note
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_constraint_name, check_walkable, find_columns, find_table, parts_of
from migrator.schema.model import Schema, Table

_PARTITIONED_NOT_VALID_SINCE = 18
Action = Literal["no action", "restrict", "cascade", "set null", "set default"]


class AddForeignKey(Recipe):
    """Add a foreign key, with the index that it needs."""

    kind: Literal["add_foreign_key"] = "add_foreign_key"
    table: Target
    """The table whose rows refer, with its schema: public.orders."""
    columns: tuple[str, ...] = Field(min_length=1)
    """Its columns."""
    references: Target
    """The table that they refer to."""
    referenced: tuple[str, ...] = ()
    """Its columns, in the same order; its primary key when not given."""
    name: str | None = None
    """The key's name; made from the table and the columns when not given."""
    on_delete: Action = "no action"
    """What happens to rows when the row that they refer to is deleted."""
    on_update: Action = "no action"
    """What happens to rows when the key that they refer to changes."""
    deferrable: bool = False
    """Whether a transaction may put off the test to its end."""
    initially_deferred: bool = False
    """Whether the test is put off unless a transaction says otherwise."""
    no_index: bool = False
    """Build no index on the columns; each DELETE of a referenced row then reads the whole table."""
    set_null: bool = False
    """Set the columns of rows that refer to nothing to NULL by a backfill; without it there must be no such row."""

    def slug(self) -> str:
        """Return `orders_user_id_references_users`."""
        return slug_of(self.table.name, *self.columns, "references", self.references.name)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 names no object
        """Return the migration's files.

        Raises:
            RecipeRefused: the key cannot be added; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True, part=True)
        parent = find_table(schema, self.references, partitioned=True, part=True)
        columns = find_columns(table, self.columns)
        referenced = referenced_columns(parent, self.referenced, len(self.columns))
        check_types(schema, table, columns, parent, find_columns(parent, referenced))
        check_actions(table, columns, (self.on_delete, self.on_update))
        name = self.name or made_name(self.table.name, *self.columns, suffix="_fkey")
        for part in (table, *parts_of(schema, table)):
            check_constraint_name(part, self._name_on(part, name))
        index = self._index(schema, table)
        fills = self._fills(table, referenced) if self.set_null else []
        return Rendering(
            {
                "migration.toml": manifest_text(self, fills),
                "expand.sql": self._expand(index, pg_version),
                "migrate.sql": self._migrate(schema, table, name, referenced, pg_version),
                "abort.sql": self._abort(schema, table, name, index, pg_version),
                "verify.sql": self._verify(table, referenced),
            }
        )

    def _index(self, schema: Schema, table: Table) -> IndexBuild | None:
        if self.no_index or supporting_index(table, self.columns) is not None:
            return None
        return IndexBuild.of(schema, table, IndexShape(tuple(map(quote, self.columns))), None)

    def _fills(self, table: Table, referenced: tuple[str, ...]) -> list[Fill]:
        """One NULL among the columns is enough for a row to refer to nothing."""
        check_walkable(table)
        nullable = [column.name for column in find_columns(table, self.columns) if not column.is_not_null]
        if not nullable:
            raise RecipeRefused(
                f"{', '.join(self.columns)} of {self.table} is NOT NULL: a row that refers to nothing cannot get NULL"
                " there.",
                "Leave out --set-null and set such rows right by hand (the query of verify.sql shows them), or drop the"
                " NOT NULL first.",
            )
        return [Fill.of(table, dict.fromkeys(nullable, "NULL"), self._orphan(referenced), is_comparable=False)]

    def _orphan(self, referenced: tuple[str, ...]) -> str:
        """Return the condition of a row that refers to nothing; a name without its table would mean the inner one."""
        child, parent = quote(self.table.name), "parent" if self.table.name != "parent" else "referenced"
        present = [f"{child}.{quote(column)} IS NOT NULL" for column in self.columns]
        pairs = zip(referenced, self.columns, strict=True)
        same = " AND ".join(f"{parent}.{quote(there)} = {child}.{quote(here)}" for there, here in pairs)
        return " AND ".join((*present, f"NOT EXISTS (SELECT FROM {self.references} AS {parent} WHERE {same})"))

    def _name_on(self, part: Table, name: str) -> str:
        return name if part.name == self.table else made_name(part.name.name, name)

    def _is_split(self, table: Table, pg_version: int) -> bool:
        return table.is_partitioned and pg_version < _PARTITIONED_NOT_VALID_SINCE

    def _definition(self, referenced: tuple[str, ...]) -> str:
        here, there = (", ".join(map(quote, names)) for names in (self.columns, referenced))
        update = f" ON UPDATE {self.on_update.upper()}" if self.on_update != "no action" else ""
        delete = f" ON DELETE {self.on_delete.upper()}" if self.on_delete != "no action" else ""
        is_deferrable = self.deferrable or self.initially_deferred
        deferral = " DEFERRABLE" * is_deferrable + " INITIALLY DEFERRED" * self.initially_deferred
        return f"FOREIGN KEY ({here})\n    REFERENCES {self.references} ({there}){update}{delete}{deferral}"

    def _expand(self, index: IndexBuild | None, pg_version: int) -> str:
        must = (
            f"From here on every running version must write only {', '.join(self.columns)} that are in"
            f" {self.references}, and delete nothing there that is still referred to."
        )
        if index is None:
            about = (
                "Expand: nothing to add. The key refuses writes, so that it comes in migrate.",
                "Locks: none.",
                must,
            )
            return phase_text(about, [])
        about = (
            f"Expand: an index on {self.table}, without which each DELETE in {self.references} reads the whole table.",
            index.locks(),
            *version_note(pg_version),
            f"Both versions of the application see no difference. {must}",
        )
        return phase_text(about, index.steps())

    def _migrate(self, schema: Schema, table: Table, name: str, referenced: tuple[str, ...], pg_version: int) -> str:
        split = (
            (
                "A partitioned table refuses NOT VALID before PostgreSQL 18: each partition gets its own key, and the"
                " parent takes over those that are valid and equal, without reading a row."
            ),
        )
        about = (
            "Migrate: the key holds for new rows at once, then old ones are validated.",
            (
                f"Locks: SHARE ROW EXCLUSIVE on {self.table} and {self.references} for milliseconds, once per key:"
                " writes wait. The validation takes SHARE UPDATE EXCLUSIVE and ROW SHARE, and blocks nobody."
            ),
            *(split if self._is_split(table, pg_version) else ()),
            "When the validation finds a row that refers to nothing, set it right, then resume.",
            "Old and new code: a row that refers to nothing is refused from here on.",
        )
        definition = self._definition(referenced)
        if not self._is_split(table, pg_version):
            return phase_text(about, self._checked(table, name, definition))
        parts = parts_of(schema, table)
        steps = [step for part in parts for step in self._checked(part, self._name_on(part, name), definition)]
        return phase_text(about, [*steps, f"ALTER TABLE {self.table} ADD CONSTRAINT {quote(name)} {definition}"])

    def _checked(self, table: Table, name: str, definition: str) -> tuple[Step, ...]:
        return (
            f"ALTER TABLE {table.name} ADD CONSTRAINT {quote(name)} {definition} NOT VALID",
            f"ALTER TABLE {table.name} VALIDATE CONSTRAINT {quote(name)}",
        )

    def _abort(self, schema: Schema, table: Table, name: str, index: IndexBuild | None, pg_version: int) -> str:
        about = (
            "Abort: the key goes" + (", and the index that was built for it." if index else "."),
            f"Locks: ACCESS EXCLUSIVE on {self.table} and on {self.references} for milliseconds."
            + (f" The index: {index.drop_locks().removeprefix('Locks: ')}" if index else ""),
            "A step whose object is gone already is skipped. Values that a backfill wrote stay.",
            "Both versions of the application may write rows that refer to nothing again.",
        )
        parts = parts_of(schema, table) if self._is_split(table, pg_version) else ()
        tables = (table, *(part for part in parts if part.name != table.name))
        drops = [f"ALTER TABLE {t.name} DROP CONSTRAINT {quote(self._name_on(t, name))}" for t in tables]
        return phase_text(about, [*drops, *(index.drops() if index else ())])

    def _verify(self, table: Table, referenced: tuple[str, ...]) -> str:
        about = (
            f"Verify, before migrate and after it: rows that refer to nothing in {self.references}.",
            "There must be none. Reads both tables once; locks nobody out.",
        )
        child = quote(self.table.name)
        shown = ", ".join(f"{child}.{quote(c)}" for c in dict.fromkeys((*table.primary_key, *self.columns)))
        where = self._orphan(referenced)
        return phase_text(about, [f"SELECT {shown}\nFROM {self.table}\nWHERE {where}\nLIMIT 5"])
