"""Add a label to an enum: instant, no table is touched, and it cannot be taken back.

The label is a step of its own, because the transaction that adds it may not use it. Running code that reads the new
label may fail on it: `requires` names the versions that accept it.
"""

from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import literal
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_length
from migrator.schema.model import Schema


class AddEnumValue(Recipe):
    """Add a label to an enum."""

    kind: Literal["add_enum_value"] = "add_enum_value"
    type: Target
    """The enum, with its schema: public.mood."""
    value: str
    """The new label."""
    before: str | None = None
    """The label before which it sorts; at the end when neither is given."""
    after: str | None = None
    """The label after which it sorts."""

    def slug(self) -> str:
        """Return `mood_add_content`."""
        return slug_of(self.type.name, "add", self.value)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the same for all
        """Return the migration's files.

        Raises:
            RecipeRefused: the label cannot be added; says why and what to do.
        """
        self._check(schema)
        return Rendering(
            {"migration.toml": manifest_text(self), "expand.sql": self._expand(), "abort.sql": self._abort()}
        )

    def _check(self, schema: Schema) -> None:
        labels = schema.enums.get(self.type)
        if labels is None:
            where = "in the database" if schema.is_complete else "in the migrations folder"
            todo = "Correct the name." if schema.is_complete else "Correct the name, or give --dsn to ask the database."
            raise RecipeRefused(f"There is no enum {self.type} {where}.", todo)
        if not self.value:
            raise RecipeRefused("The new label is empty.", "Give it at least one character.")
        check_length(self.value)
        if self.value in labels:
            raise RecipeRefused(f"{self.type} has the label {self.value!r} already.", "There is nothing to do.")
        if self.before is not None and self.after is not None:
            raise RecipeRefused("Both --before and --after are given.", "Give one of them.")
        beside = self.before if self.before is not None else self.after
        if beside is not None and beside not in labels:
            raise RecipeRefused(
                f"{self.type} has no label {beside!r} (it has: {', '.join(labels)}).", "Correct the label."
            )

    def _expand(self) -> str:
        about = (
            f"Expand: {self.type} gets the label {self.value!r}.",
            "Locks: none on any table.",
            (
                "Old code never sees a difference until a row holds the label. Before any code writes it, every running"
                " version must accept it when it reads: say so in `requires` of the migration that starts to use it."
            ),
            "A step of its own: the transaction that adds a label cannot use it. The label stays for good.",
        )
        place = f" BEFORE {literal(self.before)}" if self.before is not None else ""
        place += f" AFTER {literal(self.after)}" if self.after is not None else ""
        return phase_text(about, [f"ALTER TYPE {self.type} ADD VALUE {literal(self.value)}{place}"])

    def _abort(self) -> str:
        about = (
            (
                "Abort: nothing can be undone, because PostgreSQL cannot remove a label. It stays, and harms nobody"
                " while no row holds it; migrator new remove-enum-value builds the type anew without it."
            ),
            "Locks: none.",
            "No version of the application sees a difference.",
        )
        return phase_text(about, [])
