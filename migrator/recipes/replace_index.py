"""Put a new index in an old one's place: the new one is built first, so that no query is ever without one."""

from typing import Literal

from pydantic import Field

from migrator.errors import RecipeRefused
from migrator.names import TableName, literal, quote
from migrator.recipes.index_build import IndexBuild, IndexShape, version_note
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import find_table
from migrator.schema.model import Index, Schema, Table


class ReplaceIndex(Recipe):
    """Build a new index beside the traffic, and drop the old one in contract."""

    kind: Literal["replace_index"] = "replace_index"
    table: Target
    """The table, with its schema: public.users."""
    index: str
    """The old index's name."""
    columns: tuple[str, ...] = Field(min_length=1)
    """The new one's columns or expressions, as in CREATE INDEX: `email`, `lower(email)`, `created_at DESC`."""
    unique: bool = False
    """Whether no two rows may have the same values."""
    where: str | None = None
    """Only rows for which this is true are in the new index."""
    include: tuple[str, ...] = ()
    """Columns that are stored in the new index and not searched."""
    method: str = "btree"
    """The access method."""
    name: str | None = None
    """The new index's name; made from the table and the columns when not given."""
    keep_name: bool = False
    """Give the new index the old one's name in contract."""

    def slug(self) -> str:
        """Return `users_replace_users_email_idx`."""
        return slug_of(self.table.name, "replace", self.index)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 names no object
        """Return the migration's files.

        Raises:
            RecipeRefused: the index cannot be replaced; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True, part=True, inherited=True)
        old = self._find(table)
        self._check_free(schema, table, old)
        shape = IndexShape(self.columns, self.unique, self.where, self.include, self.method)
        build = IndexBuild.of(schema, table, shape, self.name)
        return Rendering(
            {
                "migration.toml": manifest_text(self, has_contract=True),
                "expand.sql": self._expand(build, old, pg_version),
                "contract.sql": self._contract(build, old),
                "abort.sql": self._abort(build),
            }
        )

    def _find(self, table: Table) -> Index:
        found = next((index for index in table.indexes if index.name == self.index), None)
        if found is None:
            known = ", ".join(index.name for index in table.indexes) or "none"
            raise RecipeRefused(f"{self.table} has no index {self.index!r} (it has: {known}).", "Correct the name.")
        return found

    def _check_free(self, schema: Schema, table: Table, old: Index) -> None:
        """Refuse an index that something needs by its name, and not only by its columns."""
        if old.constraint is not None:
            is_exclusion = any(c.name == old.constraint and c.kind == "exclusion" for c in table.constraints)
            raise RecipeRefused(
                f"{self.index} belongs to the constraint {old.constraint}, and cannot go alone.",
                "Leave it: an exclusion constraint is never built beside the traffic."
                if is_exclusion
                else "Add the new constraint with add-unique and drop the old one, or leave it.",
            )
        if old.is_attached:
            raise RecipeRefused(
                f"{self.index} is a part of an index of {table.parent}, and cannot go alone.",
                "Replace the parent's index.",
            )
        if old.is_replica_identity:
            raise RecipeRefused(
                f"{self.index} is the replica identity of {self.table}.", "Choose another REPLICA IDENTITY first."
            )
        others = [i for i in table.indexes if i != old and i.is_unique and sorted(i.keys) == sorted(old.keys)]
        users = [c.name for _, c in schema.referencing(self.table) if sorted(c.referenced_columns) == sorted(old.keys)]
        if old.is_unique and users and not others:
            raise RecipeRefused(
                f"The foreign key {', '.join(users)} needs {self.index}.", "Drop the foreign key first."
            )

    def _expand(self, build: IndexBuild, old: Index, pg_version: int) -> str:
        unique = ("A duplicate is refused from the build's second pass on: old code must write none.",) * (
            self.unique and not old.is_unique
        )
        about = (
            f"Expand: a {'unique ' * self.unique}index on {self.table} beside {self.index}.",
            build.locks(),
            *version_note(pg_version),
            "Both versions of the application see no difference, but writes keep two indexes until contract.",
            *unique,
        )
        return phase_text(about, build.steps())

    def _contract(self, build: IndexBuild, old: Index) -> str:
        lost = (
            (
                f"Duplicates that {self.index} refused come in, and ON CONFLICT on its columns fails, unless the new"
                " index is unique over the same."
            ),
        ) * old.is_unique
        about = (
            f"Contract: {self.index} goes; there is no way back but to build it again.",
            build.drop_locks(),
            "Both versions of the application see no difference, except in speed.",
            *lost,
        )
        name = TableName(self.table.schema, self.index)
        concurrently = "" if build.table.is_partitioned else "CONCURRENTLY "
        clusters = f"ALTER TABLE {self.table} CLUSTER ON {quote(build.name)}"
        steps: list[Step] = [*[clusters] * old.is_clustered, f"DROP INDEX {concurrently}{name}"]
        if self.keep_name:
            steps.append(f"ALTER INDEX {build.full_name} RENAME TO {quote(self.index)}")
            if old.comment is not None:
                steps.append(f"COMMENT ON INDEX {name} IS {literal(old.comment)}")
        return phase_text(about, steps)

    def _abort(self, build: IndexBuild) -> str:
        about = (
            f"Abort: the new index goes, {self.index} stays.",
            build.drop_locks(),
            "Both versions of the application see no difference, except in speed.",
        )
        return phase_text(about, build.drops())
