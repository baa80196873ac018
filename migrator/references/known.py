"""What is known of tables when code is read: their columns, so that a name without its table finds it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from migrator.names import TableName
from migrator.references.spellings import column_spellings, table_spellings
from migrator.schema.model import Schema


@dataclass(frozen=True, slots=True)
class Known:
    """Tables and views with their columns."""

    columns: Mapping[TableName, frozenset[str]] = field(default_factory=dict[TableName, frozenset[str]])
    wanted: Mapping[TableName, frozenset[str]] | None = None
    """The tables and columns that are asked for; None: all. What is known of others tells whose a name is not."""
    words: frozenset[str] | None = None
    """Lower-case words of which a text that uses them has at least one; None: any text may."""

    def may_be_used_in(self, text: str) -> bool:
        """Whether the text can use what is asked for."""
        if self.words is None:
            return True
        lowered = text.lower()
        return any(word in lowered for word in self.words)

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


def known_tables(schema: Schema, wanted: Mapping[TableName, frozenset[str]] | None = None) -> Known:
    """Return the tables and views of a schema.

    Args:
        schema: as replayed or read.
        wanted: the tables and columns that are asked for, also those that the schema has no longer; None: all.
    """
    columns = {name: {column.name for column in table.columns} for name, table in schema.tables.items()}
    for table, names in (wanted or {}).items():
        columns.setdefault(table, set()).update(names)
    words = None if wanted is None else frozenset(_words(wanted))
    return Known({name: frozenset(found) for name, found in columns.items()}, wanted, words)


def _words(wanted: Mapping[TableName, frozenset[str]]) -> Iterator[str]:
    """Yield the words without which nothing wanted is used.

    A Django model `User` of the app `shop` is the table `shop_user`: the end of a table's name counts too.
    """
    for table, names in wanted.items():
        _, _, end = table.name.partition("_")
        ends = (table.name, end) if len(end) > 2 else (table.name,)  # noqa: PLR2004 shorter words are everywhere
        yield from (spelling.lower() for name in ends for spelling in table_spellings(name))
        yield from (spelling.lower() for name in names for spelling in column_spellings(name))
