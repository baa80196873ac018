"""The schema in memory: all that is known at one moment, and the questions that lint and recipes ask about it.

Built by `migrator.schema.replay` (from migration files) and `migrator.schema.catalog` (from a live server); both
must give the same model for the same DDL, which `tests/unit/schema` and `tests/recipes` compare.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from migrator.names import TableName
from migrator.schema.parts import Column, Constraint, Dependent, Domain, Function, Grant, Index, Table, View

__all__ = ["Schema", "Column", "Constraint", "Dependent", "Domain", "Function", "Grant", "Index", "Table", "View"]

_DEFAULT_PATH = ("public",)


class Links(Protocol):
    """Where to look: names of tables that are or were linked to a name, so that no question asks every table."""

    def children(self, parent: TableName) -> Iterable[TableName]:
        """Return the tables that are or were its children."""
        ...

    def referencing(self, parent: TableName) -> Iterable[TableName]:
        """Return the tables that reference or referenced it."""
        ...

    def with_index(self, index: str) -> Iterable[TableName]:
        """Return the tables that have or had an index of that name."""
        ...


class Dependents(Sequence[Dependent]):
    """Dependents kept by table, read as one sequence."""

    def __init__(self, by_table: Mapping[TableName, tuple[Dependent, ...]]) -> None:
        self.by_table = by_table

    def _all(self) -> Iterator[Dependent]:
        return (dependent for found in self.by_table.values() for dependent in found)

    def __iter__(self) -> Iterator[Dependent]:
        return self._all()

    def __len__(self) -> int:
        return sum(len(found) for found in self.by_table.values())

    def __getitem__(self, number: int) -> Dependent:  # pyright: ignore[reportIncompatibleMethodOverride]
        return tuple(self._all())[number]


@dataclass(frozen=True, slots=True)
class Schema:
    """All that is known; `is_complete` says whether absence means "does not exist" or only "not seen"."""

    tables: Mapping[TableName, Table] = field(default_factory=dict[TableName, Table])
    dependents: Sequence[Dependent] = ()
    is_complete: bool = False
    """True when read from a catalog; False for a replay that started without a baseline."""
    domains: Mapping[TableName, Domain] = field(default_factory=dict[TableName, Domain])
    enums: Mapping[TableName, tuple[str, ...]] = field(default_factory=dict[TableName, tuple[str, ...]])
    """The labels of each enum, in order; a composite or range type has none, and is here to be known as no domain."""
    views: Mapping[TableName, View] = field(default_factory=dict[TableName, View])
    functions: Mapping[TableName, Function] = field(default_factory=dict[TableName, Function])
    empty: frozenset[TableName] = frozenset()
    """Tables that surely hold no row: made by the file that is read, and written by nothing since."""
    search_path: tuple[str, ...] = _DEFAULT_PATH
    """Where names without a schema are looked for, as the file has set it."""
    links: Links | None = field(default=None, compare=False, repr=False)
    origin: object = field(default=None, compare=False, repr=False)
    """The replay's own: what it needs to go on from here."""

    def table(self, name: TableName) -> Table | None:
        """Return the table, or None."""
        return self.tables.get(name)

    def settled(self) -> "Schema":
        """Return the schema as the next file finds it: tables may hold rows, and the session is a new one."""
        if not self.empty and self.search_path == _DEFAULT_PATH:
            return self
        return replace(self, empty=frozenset(), search_path=_DEFAULT_PATH)

    def index(self, name: TableName) -> Index | None:
        """Return an index by its name; it stands in its table's schema."""
        names = self.tables.keys() if self.links is None else self.links.with_index(name.name)
        for table in self._present(names):
            if table.name.schema == name.schema:
                found = next((index for index in table.indexes if index.name == name.name), None)
                if found is not None:
                    return found
        return None

    def children(self, name: TableName) -> tuple[Table, ...]:
        """Return the table's partitions or inheritance children."""
        names = self.tables.keys() if self.links is None else self.links.children(name)
        return tuple(table for table in self._present(names) if table.parent == name)

    def descendants(self, name: TableName) -> tuple[Table, ...]:
        """Return children, their children and so on, nearest first."""
        found = list(self.children(name))
        for table in found:
            found.extend(child for child in self.children(table.name) if child not in found)
        return tuple(found)

    def default_partition(self, name: TableName) -> Table | None:
        """Return the DEFAULT partition of a partitioned table, or None."""
        return next((table for table in self.children(name) if table.bound == "DEFAULT"), None)

    def dependents_of(self, table: TableName, column: str) -> tuple[Dependent, ...]:
        """Return what reads the column, and what reads the table in a way that could not be told apart."""
        return tuple(d for d in self.dependents_on(table) if d.column in (column, None))

    def dependents_on(self, table: TableName) -> tuple[Dependent, ...]:
        """Return what reads the table."""
        if isinstance(self.dependents, Dependents):
            return self.dependents.by_table.get(table, ())
        return tuple(d for d in self.dependents if d.table == table)

    def referencing(self, name: TableName) -> tuple[tuple[Table, Constraint], ...]:
        """Return the foreign keys of other tables (and of itself) that point at the table."""
        names = self.tables.keys() if self.links is None else self.links.referencing(name)
        found = ((table, constraint) for table in self._present(names) for constraint in table.constraints)
        return tuple((table, constraint) for table, constraint in found if constraint.references == name)

    def _present(self, names: Iterable[TableName]) -> Iterator[Table]:
        return (table for name in names if (table := self.tables.get(name)) is not None)
