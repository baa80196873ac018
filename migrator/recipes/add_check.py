"""Add a CHECK, or put a tighter one in an old one's place, without reading the table under a lock.

Nothing stands in expand: a CHECK, even NOT VALID, is tested on every row that is updated, so that it would break writes
to old rows that do not meet it yet.
"""

from collections.abc import Mapping
from itertools import chain, count
from typing import Literal

from pydantic import Field

from migrator.errors import RecipeRefused
from migrator.names import made_name, quote
from migrator.recipes.expression import read_expression
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_constraint_name, check_walkable, find_columns, find_table
from migrator.schema.expressions import column_refs, parse_expression, walk
from migrator.schema.model import Schema, Table
from migrator.statements.parse import pb


class AddCheck(Recipe):
    """Add a CHECK constraint, or put one in an old one's place."""

    kind: Literal["add_check"] = "add_check"
    table: Target
    """The table, with its schema: public.users."""
    check: str
    """The condition that every row must meet: `age > 0`."""
    name: str | None = None
    """The constraint's name; made from the table and the columns when not given."""
    fix: Mapping[str, str] = Field(default_factory=dict[str, str], alias="set")
    """Column -> SQL expression for the rows that do not meet it today; without any there must be no such row."""
    replaces: str | None = None
    """An older CHECK whose place it takes: dropped in contract."""

    def slug(self) -> str:
        """Return `users_check_age`."""
        return slug_of(self.table.name, "check", self.name or "_".join(column_refs(parse_expression(self.check))))

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the same for all
        """Return the migration's files.

        Raises:
            RecipeRefused: the check cannot be added; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True, part=True)
        condition = self._condition(table)
        name = self.name or self._free_name(table)
        check_constraint_name(table, name)
        self._check_replaced(table)
        fills = self._fills(table, condition)
        contract = {"contract.sql": self._contract(self.replaces)} if self.replaces else {}
        return Rendering(
            {
                "migration.toml": manifest_text(self, fills, has_contract=bool(contract)),
                "expand.sql": self._expand(),
                "migrate.sql": self._migrate(name, condition),
                **contract,
                "abort.sql": self._abort(name),
                "verify.sql": self._verify(table, condition),
            }
        )

    def _free_name(self, table: Table) -> str:
        """Return a name as the server makes it, with the first number that makes it free: a column has many checks."""
        taken = {constraint.name for constraint in table.constraints}
        wanted = made_name(self.table.name, *column_refs(parse_expression(self.check)), suffix="_check")
        numbered = (made_name(wanted, str(number)) for number in count(1))
        return next(name for name in chain((wanted,), numbered) if name not in taken)

    def _condition(self, table: Table) -> str:
        condition, _ = read_expression(self.check, "check")
        tree = parse_expression(self.check)
        if any(isinstance(part, pb.SubLink) for part in walk(tree)):
            raise RecipeRefused("A CHECK cannot hold a query.", "Use a foreign key, or a trigger.")
        find_columns(table, column_refs(tree))
        return condition

    def _check_replaced(self, table: Table) -> None:
        found = [c for c in table.constraints if c.name == self.replaces]
        if self.replaces is not None and (not found or found[0].kind != "check"):
            raise RecipeRefused(f"{self.table} has no CHECK {self.replaces!r}.", "Correct the name of the old one.")
        if found and found[0].is_inherited:
            raise RecipeRefused(f"{self.replaces} belongs to the parent of {self.table}.", "Change the parent.")

    def _fills(self, table: Table, condition: str) -> list[Fill]:
        if not self.fix:
            return []
        check_walkable(table)
        find_columns(table, self.fix)
        values = {column: read_expression(text, "value")[0] for column, text in self.fix.items()}
        return [Fill.of(table, values, f"NOT ({condition})", is_comparable=False)]

    def _expand(self) -> str:
        about = (
            (
                "Expand: nothing to add. A CHECK, even NOT VALID, is tested on every row that is updated: it comes in"
                " migrate, when old rows have been set right."
            ),
            "Locks: none.",
            f"From here on every running version must write only rows for which this is true: {self._shown()}",
        )
        return phase_text(about, [])

    def _migrate(self, name: str, condition: str) -> str:
        old = (f"Until contract the older {self.replaces} holds too: code may write only what both accept.",)
        about = (
            "Migrate: the check refuses new rows first, then old ones are validated.",
            (
                "Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation takes SHARE UPDATE EXCLUSIVE,"
                " reads the table once and blocks no reader and no writer."
            ),
            (
                "When the validation finds a row that was written meanwhile, set it right (run the backfill again),"
                " then resume."
            ),
            "Old and new code: a write that does not meet the check fails from here on.",
            *(old if self.replaces else ()),
        )
        steps = (
            f"ALTER TABLE {self.table} ADD CONSTRAINT {quote(name)} CHECK ({condition}) NOT VALID",
            f"ALTER TABLE {self.table} VALIDATE CONSTRAINT {quote(name)}",
        )
        return phase_text(about, steps)

    def _contract(self, old: str) -> str:
        about = (
            f"Contract: the older {old} goes; the new check has taken its place.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            "Code may write what only the new check accepts from here on; there is no way back.",
        )
        return phase_text(about, [f"ALTER TABLE {self.table} DROP CONSTRAINT {quote(old)}"])

    def _abort(self, name: str) -> str:
        about = (
            "Abort: the check goes. Values that the backfill wrote stay.",
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds.",
            "Both versions of the application may write what it refused.",
        )
        return phase_text(about, [f"ALTER TABLE {self.table} DROP CONSTRAINT {quote(name)}"])

    def _verify(self, table: Table, condition: str) -> str:
        about = ("Verify: a row that does not meet the check. There must be none.", "Reads the table once.")
        shown = dict.fromkeys((*table.primary_key, *column_refs(parse_expression(self.check))))
        columns = ", ".join(map(quote, shown)) or "1"
        return phase_text(about, [f"SELECT {columns}\nFROM {self.table}\nWHERE NOT ({condition})\nLIMIT 1"])

    def _shown(self) -> str:
        return " ".join(self.check.split())
