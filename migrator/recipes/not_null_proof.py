"""NOT NULL without a scan under a lock: a validated CHECK proves it, and the server believes the proof (12+).

`SET NOT NULL` alone reads the whole table under ACCESS EXCLUSIVE: 208 ms for 3 million rows, against 0.4 ms with
the proof (reference/phases.md §2.2).
"""

from dataclasses import dataclass

from migrator.names import TableName, made_name, quote
from migrator.recipes.phase_text import Step


@dataclass(frozen=True, slots=True)
class NotNullProof:
    """The statements that make one column NOT NULL."""

    table: TableName
    column: str

    @property
    def constraint(self) -> str:
        """The name of the CHECK that lives only while the proof is made."""
        return made_name(self.table.name, self.column, suffix="_not_null_proof")

    def steps(self) -> tuple[Step, ...]:
        """Return: add the CHECK for new rows, validate it for old ones, then believe it and drop it at once."""
        table, column, constraint = self.table, quote(self.column), quote(self.constraint)
        return (
            f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IS NOT NULL) NOT VALID",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}",
            (
                f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
                self.drop(),
            ),
        )

    def drop(self) -> str:
        """Return the statement that removes the CHECK when the proof was begun and not finished."""
        return f"ALTER TABLE {self.table} DROP CONSTRAINT {quote(self.constraint)}"
