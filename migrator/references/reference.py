"""One use of a table or column by code, and how sure the reader of the code is of it.

Made by the scanners for files of a git ref, by `migrator.references.queries` for statements that the server has seen;
judged by the coupling check and by the gates of a contract.
"""

from dataclasses import dataclass
from enum import Enum

from migrator.names import TableName


class Confidence(Enum):
    """How a reference was found; every level blocks a contract, the text says which it is."""

    EXACT = "exact"
    """The table and the column stand in SQL that was parsed, or in a mapped model."""
    RESOLVED = "resolved"
    """Found through a star, a whole row, an insert without columns, an alias or a view."""
    TOKEN = "token"  # noqa: S105 a word, no secret
    """The two words stand near each other in text that nobody parsed."""


class Usage(Enum):
    """What the code does with it; a mapped column is read and written by code that never names it."""

    READ = "read"
    WRITE = "write"
    MAPPED = "mapped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where it stands: path from the repository's root with `/`, 1-based line and column (in characters)."""

    path: str
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Reference:
    """One use. `schema` None: the code did not say and nothing told; it may be the table of that name in any schema.

    `table` empty: the column of a class that others inherit; it may be any table's.
    """

    table: str
    place: Place
    confidence: Confidence
    usage: Usage
    column: str | None = None
    """None: the table itself, or all of its columns when `is_star`."""
    schema: str | None = None
    is_star: bool = False
    """All columns: `SELECT *`, `RETURNING *`, a whole row, or an insert that names no columns."""

    def __str__(self) -> str:
        """Return `public.users.email`, `users.*` or `users`."""
        last = "*" if self.is_star else self.column
        return ".".join(part for part in (self.schema, self.table or "?", last) if part)

    def names_table(self, table: TableName) -> bool:
        """Whether it may mean this table."""
        return self.table in ("", table.name) and self.schema in (None, table.schema)

    def names_column(self, table: TableName, column: str) -> bool:
        """Whether it may mean this column: by name, or as one of all."""
        return self.names_table(table) and (self.is_star or self.column == column)
