"""Make the values of columns unique without a lock on the table while it is read.

The index is built beside the traffic, and the constraint takes it over. It refuses duplicates from the build's second
pass on, before it is valid: that is why nothing of it stands in expand.
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from migrator.errors import RecipeRefused
from migrator.names import made_name, quote
from migrator.recipes.index_build import IndexBuild, IndexShape, version_note
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_constraint_name, find_columns, find_table
from migrator.schema.model import Schema, Table

_NULLS_SINCE = 15


class AddUnique(Recipe):
    """Make the values of columns unique."""

    kind: Literal["add_unique"] = "add_unique"
    table: Target
    """The table, with its schema: public.users."""
    columns: tuple[str, ...] = Field(min_length=1)
    """The columns that together must differ from row to row."""
    name: str | None = None
    """The constraint's name; made from the table and the columns when not given."""
    nulls_not_distinct: bool = False
    """Whether NULL counts as a value; needs PostgreSQL 15."""
    deferrable: bool = False
    """Whether a transaction may put off the test to its end; ON CONFLICT cannot use such a constraint."""
    initially_deferred: bool = False
    """Whether the test is put off unless a transaction says otherwise."""

    def slug(self) -> str:
        """Return `users_email_unique`."""
        return slug_of(self.table.name, *self.columns, "unique")

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 names no object
        """Return the migration's files.

        Raises:
            RecipeRefused: the constraint cannot be added; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True, part=True)
        find_columns(table, self.columns)
        if self.nulls_not_distinct and pg_version < _NULLS_SINCE:
            raise RecipeRefused(
                f"PostgreSQL {pg_version} has no NULLS NOT DISTINCT (15 has).", "Leave it out, or make it NOT NULL."
            )
        name = self.name or made_name(self.table.name, *self.columns, suffix="_key")
        check_constraint_name(table, name)
        shape = IndexShape(tuple(map(quote, self.columns)), unique=True, nulls_not_distinct=self.nulls_not_distinct)
        build = IndexBuild.of(schema, table, shape, name)
        return Rendering(
            {
                "migration.toml": manifest_text(self),
                "expand.sql": self._expand(),
                "migrate.sql": self._migrate(build, pg_version),
                "abort.sql": self._abort(build),
                "verify.sql": self._verify(),
            }
        )

    def _expand(self) -> str:
        about = (
            "Expand: nothing to add. The index refuses duplicates before it is finished, so that it comes in migrate.",
            "Locks: none.",
            f"From here on every running version must write no duplicate of {self._shown()}.",
            "`migrator verify` shows the duplicates that are there: remove them before migrate.",
        )
        return phase_text(about, [])

    def _migrate(self, build: IndexBuild, pg_version: int) -> str:
        about = (
            f"Migrate: {self._shown()} of {self.table} becomes unique; the constraint takes over a finished index.",
            build.locks(),
            "Taking it over needs ACCESS EXCLUSIVE on the table for milliseconds.",
            *version_note(pg_version),
            (
                "Old and new code: a write of a duplicate fails from the build's second pass on. When there is a"
                " duplicate already the build fails, and its index is dropped: remove the duplicate, then resume."
            ),
        )
        return phase_text(about, self._steps(build, build.table))

    def _steps(self, build: IndexBuild, table: Table) -> Iterator[Step]:
        """Yield the steps: a partitioned table's own constraint is empty until the partitions' are attached."""
        name = build.index_of(table)
        if not table.is_partitioned:
            yield build.create(table)
            yield (
                f"ALTER TABLE {table.name} ADD CONSTRAINT {quote(name.name)}"
                f" UNIQUE USING INDEX {quote(name.name)}{self._deferral()}"
            )
            return
        yield f"ALTER TABLE ONLY {table.name} ADD CONSTRAINT {quote(name.name)} {self._definition()}"
        for child in build.schema.children(table.name):
            yield from self._steps(build, child)
            yield f"ALTER INDEX {name} ATTACH PARTITION {build.index_of(child)}"

    def _definition(self) -> str:
        nulls = " NULLS NOT DISTINCT" * self.nulls_not_distinct
        return f"UNIQUE{nulls} ({', '.join(map(quote, self.columns))}){self._deferral()}"

    def _deferral(self) -> str:
        is_deferrable = self.deferrable or self.initially_deferred
        return " DEFERRABLE" * is_deferrable + " INITIALLY DEFERRED" * self.initially_deferred

    def _abort(self, build: IndexBuild) -> str:
        about = (
            "Abort: the constraint goes with its index, or the index alone when no constraint had taken it over.",
            (
                "Locks: ACCESS EXCLUSIVE on the table (a partitioned one with its partitions) for milliseconds. A step"
                " whose object is gone already is skipped."
            ),
            (
                "Both versions of the application may write duplicates again. New code that relies on ON CONFLICT"
                " fails: take it back first."
            ),
        )
        tables = (build.table, *build.schema.descendants(self.table))
        names = [(table, build.index_of(table)) for table in tables]
        drops: list[Step] = [f"ALTER TABLE {t.name} DROP CONSTRAINT {quote(name.name)}" for t, name in names]
        drops += [f"DROP INDEX CONCURRENTLY {name}" for t, name in names if not t.is_partitioned]
        return phase_text(about, drops)

    def _verify(self) -> str:
        about = (
            f"Verify, before migrate and after it: values of {self._shown()} that more than one row has.",
            "There must be none. Reads the table once; locks nobody out.",
        )
        columns = ", ".join(map(quote, self.columns))
        present = " AND ".join(f"{quote(column)} IS NOT NULL" for column in self.columns)
        where = "" if self.nulls_not_distinct else f"\nWHERE {present}"
        select = f"SELECT {columns}, count(*) AS rows\nFROM {self.table}{where}\nGROUP BY {columns}"
        return phase_text(about, [f"{select}\nHAVING count(*) > 1\nLIMIT 5"])

    def _shown(self) -> str:
        return ", ".join(self.columns)
