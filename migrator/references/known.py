"""What is known of tables when code is read: their columns, so that a name without its table finds it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from migrator.names import TableName
from migrator.references.spellings import column_spellings, folded, snake_case, table_spellings
from migrator.schema.model import Schema

_TABLE_WORD = re.compile(r"(?:\A|_)(?:table|tbl)(?:_name)?(?=_|\Z)")


@dataclass(frozen=True, slots=True)
class Known:
    """Tables and views with their columns."""

    columns: Mapping[TableName, frozenset[str]] = field(default_factory=dict[TableName, frozenset[str]])
    wanted: Mapping[TableName, frozenset[str]] | None = None
    """The tables and columns that are asked for; None: all. What is known of others tells whose a name is not."""
    words: frozenset[str] | None = None
    """Lower-case words of which a text that uses them has at least one; None: any text may."""
    models: Mapping[TableName, frozenset[str]] = field(default_factory=dict[TableName, frozenset[str]])
    """The classes of tables whose names do not tell: Django's `User` of the app `shop` is `shop_user`."""

    def may_be_used_in(self, text: str) -> bool:
        """Whether the text can use what is asked for."""
        if self.words is None:
            return True
        lowered = text.lower()
        return any(word in lowered for word in self.words)

    def asked(self) -> Iterator[tuple[TableName, frozenset[str]]]:
        """Yield the tables that are asked for, each with all of its columns that are known."""
        for table, columns in self.columns.items():
            if self.wanted is None or table in self.wanted:
                yield table, columns

    def spellings_of(self, table: TableName) -> frozenset[str]:
        """Return how code may spell a table and its class."""
        return _spellings(table, self.models.get(table, frozenset()))

    def folded_names_of(self, table: TableName) -> frozenset[str]:
        """Return the same without regard to case and underscores."""
        return frozenset(folded(name) for name in self.spellings_of(table))

    def table_told_by(self, identifier: str) -> str | None:
        """Return the table, of those asked for, that a name of the code tells: `users_table`, `TABLE_USERS`, `User`."""
        bare = _TABLE_WORD.sub("", identifier.lower()).replace("_", "")
        return next((table.name for table, _ in self.asked() if bare in self.folded_names_of(table)), None)

    def with_models(self, found: Iterable[tuple[str, str]]) -> "Known":
        """Return the same with classes that code maps to tables that are asked for."""
        asked = {table.name: table for table, _ in self.asked()}
        models = {table: set(names) for table, names in self.models.items()}
        for name, model in found:
            table = asked.get(name)
            if table is not None and folded(model) not in self.folded_names_of(table):
                models.setdefault(table, set()).add(model)
        return replace(self, models={table: frozenset(names) for table, names in models.items()})

    def elsewhere(self) -> frozenset[str]:
        """Return the columns of tables that are not asked for: a name among them may mean those."""
        wanted = self.wanted
        if wanted is None:
            return frozenset()
        return frozenset(c for table, columns in self.columns.items() if table not in wanted for c in columns)

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
    schema: Schema,
    wanted: Mapping[TableName, frozenset[str]] | None = None,
    models: Mapping[TableName, frozenset[str]] | None = None,
) -> Known:
    """Return the tables and views of a schema.

    Args:
        schema: as replayed or read.
        wanted: the tables and columns that are asked for, also those that the schema has no longer; None: all.
        models: the classes of tables, where a migration names them.
    """
    columns = {name: {column.name for column in table.columns} for name, table in schema.tables.items()}
    for table, names in (wanted or {}).items():
        columns.setdefault(table, set()).update(names)
    models = models or {}
    words = None if wanted is None else frozenset(_words(wanted, models))
    return Known({name: frozenset(found) for name, found in columns.items()}, wanted, words, models)


def _words(wanted: Mapping[TableName, frozenset[str]], models: Mapping[TableName, frozenset[str]]) -> Iterator[str]:
    """Yield the words without which nothing wanted is used.

    A Django model `User` of the app `shop` is the table `shop_user`: the end of a table's name counts too.
    """
    for table, names in wanted.items():
        _, _, end = table.name.partition("_")
        ends = (table.name, end) if len(end) > 2 else (table.name,)  # noqa: PLR2004 shorter words are everywhere
        yield from (spelling.lower() for name in ends for spelling in table_spellings(name))
        yield from (spelling.lower() for spelling in _spellings(table, models.get(table, frozenset())))
        yield from (spelling.lower() for name in names for spelling in column_spellings(name))


def _spellings(table: TableName, models: frozenset[str]) -> frozenset[str]:
    found = table_spellings(table.name)
    for model in models:
        found |= table_spellings(snake_case(model)) | {model, model.lower()}
    return found
