"""Build an index beside the traffic, on columns or expressions, unique or not, whole or partial."""

from typing import Literal

from pydantic import Field

from migrator.recipes.index_build import IndexBuild, IndexShape, version_note
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import find_table
from migrator.schema.model import Schema


class CreateIndex(Recipe):
    """Build an index beside the traffic."""

    kind: Literal["create_index"] = "create_index"
    table: Target
    """The table, with its schema: public.users."""
    columns: tuple[str, ...] = Field(min_length=1)
    """Columns or expressions, as in CREATE INDEX: `email`, `lower(email)`, `created_at DESC`."""
    unique: bool = False
    """Whether no two rows may have the same values."""
    where: str | None = None
    """Only rows for which this is true are in the index."""
    include: tuple[str, ...] = ()
    """Columns that are stored in the index and not searched."""
    method: str = "btree"
    """The access method."""
    name: str | None = None
    """The index's name; made from the table and the columns when not given."""

    def slug(self) -> str:
        """Return `users_index_email`."""
        return slug_of(self.table.name, "index", *self.columns)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 names no object
        """Return the migration's files.

        Raises:
            RecipeRefused: the index cannot be built; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True, part=True, inherited=True)
        shape = IndexShape(self.columns, self.unique, self.where, self.include, self.method)
        build = IndexBuild.of(schema, table, shape, self.name)
        return Rendering(
            {
                "migration.toml": manifest_text(self),
                "expand.sql": self._expand(build, pg_version),
                "abort.sql": self._abort(build),
            }
        )

    def _expand(self, build: IndexBuild, pg_version: int) -> str:
        about = (
            f"Expand: a {'unique ' * self.unique}index on {self.table}.",
            build.locks(),
            *version_note(pg_version),
            "Both versions of the application see no difference"
            + (
                ", but a duplicate is refused from the build's second pass on: old code must write none."
                if self.unique
                else "."
            ),
        )
        return phase_text(about, build.steps())

    def _abort(self, build: IndexBuild) -> str:
        about = (
            "Abort: the index goes.",
            build.drop_locks(),
            "Both versions of the application see no difference, except in speed.",
        )
        return phase_text(about, build.drops())
