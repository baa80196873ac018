"""What is known of tables when code is read: their columns, so that a name without its table finds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrator.names import TableName
from migrator.schema.model import Schema


@dataclass(frozen=True, slots=True)
class Known:
    """Tables and views with their columns."""

    columns: Mapping[TableName, frozenset[str]] = field(default_factory=dict[TableName, frozenset[str]])
    wanted: frozenset[TableName] | None = None
    """The tables that words are compared with; None: all. Columns of the others tell whose a name is not."""

    def columns_of(self, schema: str | None, table: str) -> frozenset[str] | None:
        """Return the columns of a table as code names it; None when it is not known, or its name means several."""
        if schema is not None:
            return self.columns.get(TableName(schema, table))
        found = [self.columns[name] for name in self._candidates(table)]
        return found[0] if len(found) == 1 else None

    def schema_of(self, table: str) -> str | None:
        """Return the schema of a name that code gives without one; None when it may be in several."""
        found = self._candidates(table)
        return found[0].schema if len(found) == 1 else None

    def _candidates(self, table: str) -> list[TableName]:
        return [name for name in self.columns if name.name == table]


def known_tables(
    schema: Schema, more: Iterable[tuple[TableName, str]] = (), wanted: frozenset[TableName] | None = None
) -> Known:
    """Return the tables and views of a schema.

    Args:
        schema: as replayed or read.
        more: columns that are known besides: those that a migration removes.
        wanted: the tables that words are compared with; None: all.
    """
    columns = {name: {column.name for column in table.columns} for name, table in schema.tables.items()}
    for table, column in more:
        columns.setdefault(table, set()).add(column)
    for table in wanted or ():
        columns.setdefault(table, set())
    return Known({name: frozenset(found) for name, found in columns.items()}, wanted)
