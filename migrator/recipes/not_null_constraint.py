"""NOT NULL as a constraint of its own, which PostgreSQL 18 can add NOT VALID and validate beside the traffic.

A NOT VALID one refuses new NULLs at once, and sets the column's flag before it is proven: who asks whether a column
holds no NULL must look at the constraint (reference/phases.md §2.5).
"""

from dataclasses import dataclass

from migrator.names import TableName, quote
from migrator.recipes.phase_text import Step
from migrator.schema.model import Constraint, Table
from migrator.schema.naming import choose_name

NATIVE_SINCE = 18


@dataclass(frozen=True, slots=True)
class NotNullConstraint:
    """The constraint of one column; `name` is the server's own choice when nobody made another."""

    table: TableName
    column: str
    name: str

    @classmethod
    def of(cls, table: Table, column: str) -> "NotNullConstraint":
        """Return the column's constraint, by the name that it has or would get."""
        held = held_constraint(table, column)
        taken = {constraint.name for constraint in table.constraints}
        made = choose_name(table.name.name, column, "not_null", taken.__contains__)
        return cls(table.name, column, held.name if held else made)

    def add(self) -> str:
        """Return the statement that refuses new NULLs."""
        name = quote(self.name)
        return f"ALTER TABLE {self.table} ADD CONSTRAINT {name} NOT NULL {quote(self.column)} NOT VALID"

    def validate(self) -> str:
        """Return the statement that looks at the old rows."""
        return f"ALTER TABLE {self.table} VALIDATE CONSTRAINT {quote(self.name)}"

    def drop(self) -> str:
        """Return the statement that accepts NULL again."""
        return f"ALTER TABLE {self.table} DROP CONSTRAINT {quote(self.name)}"

    def steps(self) -> tuple[Step, ...]:
        """Return both."""
        return (self.add(), self.validate())


def held_constraint(table: Table, column: str) -> Constraint | None:
    """Return the column's NOT NULL constraint; older servers and files have none by name."""
    return next((c for c in table.constraints if c.kind == "not null" and c.columns == (column,)), None)
