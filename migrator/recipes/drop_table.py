"""Drop a table that no code uses any more, one lock at a time.

DROP TABLE locks every table that a foreign key ties to it, all at once; here each key goes by itself first. What else
depends on the table is dropped only when it was named.
"""

from collections.abc import Iterator
from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import TableName, made_name, quote
from migrator.recipes.dependent_views import drop_view, is_named, views_over
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.shared_sequence import check_sequences
from migrator.recipes.target import check_relation_name, find_table, row_holders
from migrator.schema.model import Constraint, Schema, Table, View

_OWN = frozenset({"policy", "trigger", "statistics", "publication", "rule", "generated column"})
"""Kinds of dependents that are parts of the table and go with it."""


class DropTable(Recipe):
    """Drop a table that no code uses any more."""

    kind: Literal["drop_table"] = "drop_table"
    table: Target
    """The table, with its schema: public.old_orders."""
    also_drop: tuple[str, ...] = ()
    """Foreign keys of other tables and views that need the table, and may go with it."""
    soft: bool = False
    """Rename it in migrate: whatever still uses it fails loudly, and abort gives the name back."""

    def slug(self) -> str:
        """Return `drop_old_orders`."""
        return slug_of("drop", self.table.name)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the same for all
        """Return the migration's files.

        Raises:
            RecipeRefused: the table cannot be dropped; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True)
        self._check_dependents(schema)
        check_sequences(schema, (table, *schema.descendants(self.table)), table.columns)
        files = {
            "migration.toml": manifest_text(self, has_contract=True),
            "expand.sql": self._expand(),
            "contract.sql": self._contract(schema, table),
            "abort.sql": self._abort(),
        }
        if self.soft:
            check_relation_name(schema, self._dropped)
            files["migrate.sql"] = self._migrate()
        return Rendering(files)

    @property
    def _dropped(self) -> TableName:
        return TableName(self.table.schema, made_name("migrator_dropped", self.table.name))

    def _check_dependents(self, schema: Schema) -> None:
        """Refuse what would stop DROP TABLE, or lose its meaning, unless it was named."""
        found = [
            f"foreign key {c.name} of {other.name}"
            for other, c in self._incoming(schema)
            if c.name not in self.also_drop
        ]
        found += [f"view {view.name}" for view in self._views(schema) if not is_named(view, self.also_drop)]
        views = {view.name.dotted for view in self._views(schema)}
        for dependent in schema.dependents_on(self.table):
            if dependent.kind not in _OWN and dependent.name not in views:
                found.append(f"{dependent.kind} {dependent.name}")
        found += self._held(schema)
        if found:
            raise RecipeRefused(
                f"These depend on {self.table}: {', '.join(dict.fromkeys(found))}.",
                "Change them first, or name foreign keys and views with --also-drop to drop them in contract.",
            )

    def _held(self, schema: Schema) -> Iterator[str]:
        """Yield what uses whole rows of the table, and what is a part of another table and reads this one."""
        for part in (find_table(schema, self.table, partitioned=True), *schema.descendants(self.table)):
            yield from part.held_by if schema.is_complete else (f"column {name}" for name in row_holders(schema, part))

    def _incoming(self, schema: Schema) -> Iterator[tuple[Table, Constraint]]:
        family = {self.table, *(part.name for part in schema.descendants(self.table))}
        for name in sorted(family):
            for other, constraint in schema.referencing(name):
                above = schema.table(other.parent) if other.parent else None
                is_above = constraint.is_inherited or (above is not None and _is_repeated(above, other, constraint))
                if other.name not in family and not is_above:
                    yield other, constraint

    def _views(self, schema: Schema) -> tuple[View, ...]:
        return views_over(schema, (self.table, *(part.name for part in schema.descendants(self.table))))

    def _expand(self) -> str:
        about = (
            "Expand: nothing to add.",
            "Locks: none.",
            f"Old code goes on as before. New code must not use {self.table}.",
        )
        return phase_text(about, [])

    def _migrate(self) -> str:
        about = (
            f"Migrate: {self.table} gets another name, the soft drop: its rows stay.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            (
                f"Whatever still uses {self.table} fails from here on. No running version may use it; when one does,"
                " abort gives the name back at once."
            ),
        )
        allowed = "-- migrator: allow rename-table: the soft drop takes the name on purpose; abort gives it back"
        return phase_text(about, [f"{allowed}\nALTER TABLE {self.table} RENAME TO {quote(self._dropped.name)}"])

    def _abort(self) -> str:
        if not self.soft:
            about = ("Abort, before contract: nothing was changed, so there is nothing to undo.", "Locks: none.")
            return phase_text((*about, "No version of the application sees a difference."), [])
        about = (
            f"Abort, before contract: {self.table} has its name again.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            "Whatever uses the table works again.",
        )
        return phase_text(about, [f"ALTER TABLE {self._dropped} RENAME TO {quote(self.table.name)}"])

    def _contract(self, schema: Schema, table: Table) -> str:
        about = (
            f"Contract: {self.table} goes with its rows. Code that uses it fails from here on; there is no way back.",
            (
                "Locks: ACCESS EXCLUSIVE for milliseconds in each step: on the table, and for a foreign key also on the"
                " table at its other end, one at a time."
            ),
            "What depends on the table goes by its name first: DROP TABLE must find nothing more.",
        )
        steps: list[Step] = [drop_view(view) for view in self._views(schema)]
        steps += [f"ALTER TABLE {other.name} DROP CONSTRAINT {quote(c.name)}" for other, c in self._incoming(schema)]
        name = self._dropped if self.soft else self.table
        steps += self._outgoing(schema, table, name)
        steps += [f"DROP TABLE {part.name}" for part in reversed(schema.descendants(self.table))]
        return phase_text(about, [*steps, f"DROP TABLE {name}"])

    def _outgoing(self, schema: Schema, table: Table, name: TableName) -> Iterator[str]:
        """Yield what drops the table's own keys; those of partitions that are not the parent's too."""
        for part in (table, *schema.descendants(self.table)):
            for constraint in part.constraints:
                is_own = constraint.kind == "foreign key" and not constraint.is_inherited
                if is_own and not _is_repeated(table, part, constraint):
                    at = name if part is table else part.name
                    yield f"ALTER TABLE {at} DROP CONSTRAINT {quote(constraint.name)}"


def _is_repeated(table: Table, part: Table, constraint: Constraint) -> bool:
    """Whether a partition's key is its parent's, as a replay that does not know tells by the definition."""
    return part is not table and any(c.definition == constraint.definition for c in table.constraints)
