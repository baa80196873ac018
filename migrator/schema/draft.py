"""The schema while files are replayed into it: the only mutable one, and private to the replay.

A snapshot (`schema()`) costs nothing and stays as it is while the draft goes on: see `migrator.schema.versions`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from migrator.names import TableName
from migrator.schema.links import DraftLinks
from migrator.schema.model import Dependents, Schema
from migrator.schema.parts import Column, Constraint, Dependent, Domain, Function, Index, Table, View, changed
from migrator.schema.versions import Versions
from migrator.statements.parse import Node, pb


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a snapshot came from; the replay goes on from the newest one without copying."""

    draft: "Draft"
    version: int


class Draft:
    """Tables by name, and what depends on them."""

    def __init__(self, base: Schema) -> None:
        self._version = 0
        self._is_complete = base.is_complete
        self._tables = Versions(base.tables)
        self._dependents = Versions(_by_table(base.dependents))
        self._domains = Versions(base.domains)
        self._enums = Versions(base.enums)
        self._views = Versions(base.views)
        self._functions = Versions(base.functions)
        self._maps = (self._tables, self._dependents, self._domains, self._enums, self._views, self._functions)
        self._latest: Schema | None = None
        # Both say only where to look, so a draft that begins with another's snapshot shares them: making them anew
        # for each of a thousand files with a way back took longer than all else.
        earlier = base.origin.draft if isinstance(base.origin, Origin) else None
        self._dependent_tables = earlier._dependent_tables if earlier else _tables_by_dependent(base.dependents)
        self.links = DraftLinks(self._tables.now, earlier.links if earlier else None)
        self.empty = base.empty
        self.search_path = base.search_path

    @classmethod
    def of(cls, schema: Schema) -> "Draft":
        """Return the draft that the schema is the newest snapshot of, or a new one that begins with it."""
        origin = schema.origin
        if not isinstance(origin, Origin) or origin.draft._version != origin.version:
            return cls(schema)
        origin.draft.empty, origin.draft.search_path = schema.empty, schema.search_path
        return origin.draft

    def schema(self) -> Schema:
        """Return what is known now; later changes do not show in it. After no change it is the same object."""
        if self._latest is not None and self._is_still(self._latest):
            return self._latest
        now = self._version
        self._version += 1
        self._latest = Schema(
            tables=self._tables.snapshot(now),
            dependents=Dependents(self._dependents.snapshot(now)),
            is_complete=self._is_complete,
            domains=self._domains.snapshot(now),
            enums=self._enums.snapshot(now),
            views=self._views.snapshot(now),
            functions=self._functions.snapshot(now),
            empty=self.empty,
            search_path=self.search_path,
            links=self.links,
            origin=Origin(self, self._version),
        )
        return self._latest

    def _is_still(self, schema: Schema) -> bool:
        is_same = self.empty == schema.empty and self.search_path == schema.search_path
        return is_same and not any(versions.is_changed for versions in self._maps)

    # Names

    @property
    def default_schema(self) -> str:
        """The schema in which a name without one is made."""
        return self.search_path[0] if self.search_path else "public"

    def name(self, relation: pb.RangeVar) -> TableName:
        """Return a relation's name with its schema: the first of the search path that has it, or makes it."""
        if relation.schemaname:
            return TableName(relation.schemaname, relation.relname)
        return self.found(relation.relname)

    def found(self, name: str) -> TableName:
        """Return the relation of that name that the search path finds; the first schema when none does."""
        for schema in self.search_path[1:] and self.search_path:
            found = TableName(schema, name)
            if found in self._tables.now or found in self._views.now:
                return found
        return TableName(self.default_schema, name)

    def name_of_list(self, node: Node) -> TableName:
        """Return the name in a list such as DROP TABLE's: one or more strings."""
        return self.name_of_parts([item.string.sval for item in node.list.items])

    def name_of_parts(self, parts: list[str]) -> TableName:
        """Return the name of one or more strings."""
        return TableName(parts[-2], parts[-1]) if len(parts) > 1 else self.found(parts[-1])

    # Tables

    def table(self, name: TableName) -> Table | None:
        """Return a table, or None."""
        return self._tables.now.get(name)

    def tables(self) -> tuple[Table, ...]:
        """Return every table."""
        return tuple(self._tables.now.values())

    def put(self, table: Table) -> None:
        """Add or replace a table."""
        self._tables.put(table.name, table, self._version)
        self.links.add(table)

    def forget(self, name: TableName) -> None:
        """Remove a table and nothing else."""
        self._tables.drop(name, self._version)
        self.empty -= {name}

    def change(self, name: TableName, **values: object) -> None:
        """Replace fields of a table that is known; a statement about an unknown one changes nothing."""
        table = self.table(name)
        if table is not None:
            self._tables.put(name, changed(table, **values), self._version)

    def change_column(self, table: TableName, column: str, **values: object) -> None:
        """Replace fields of one column."""
        known = self.table(table)
        if known is not None:
            columns = [changed(c, **values) if c.name == column else c for c in known.columns]
            self.change(table, columns=tuple(columns))

    def add_column(self, name: TableName, column: Column) -> None:
        """Append a column unless it is there."""
        table = self.table(name)
        if table is not None and table.column(column.name) is None:
            self.change(name, columns=(*table.columns, column))

    def add_index(self, index: Index) -> None:
        """Add an index; those of a table are kept in the order of their names, as the catalog gives them."""
        table = self.table(index.table)
        if table is not None:
            self.change(index.table, indexes=tuple(sorted((*table.indexes, index), key=lambda i: i.name)))
            self.links.add_index(index)

    def add_constraint(self, name: TableName, constraint: Constraint) -> None:
        """Add a constraint, in the order of the names."""
        table = self.table(name)
        if table is not None:
            self.change(name, constraints=tuple(sorted((*table.constraints, constraint), key=lambda c: c.name)))
            self.links.add_constraint(name, constraint)

    def set_parent(self, name: TableName, parent: TableName | None, **values: object) -> None:
        """Give a table another parent, or none."""
        self.change(name, parent=parent, **values)
        if parent is not None:
            self.links.add_child(name, parent)

    def index(self, name: TableName) -> Index | None:
        """Return an index by its name; indexes live in their table's schema."""
        for table_name in self.links.with_index(name.name):
            table = self.table(table_name) if table_name.schema == name.schema else None
            found = next((i for i in table.indexes if i.name == name.name), None) if table else None
            if found is not None:
                return found
        return None

    # Domains, enums, views, functions

    def put_domain(self, domain: Domain) -> None:
        """Add or replace a domain."""
        self._domains.put(domain.name, domain, self._version)

    def domain(self, name: TableName) -> Domain | None:
        """Return a domain, or None."""
        return self._domains.now.get(name)

    def put_enum(self, name: TableName, labels: Iterable[str]) -> None:
        """Add or replace an enum."""
        self._enums.put(name, tuple(labels), self._version)

    def enum(self, name: TableName) -> tuple[str, ...] | None:
        """Return an enum's labels, or None."""
        return self._enums.now.get(name)

    def put_view(self, view: View) -> None:
        """Add or replace a view."""
        self._views.put(view.name, view, self._version)

    def view(self, name: TableName) -> View | None:
        """Return a view, or None."""
        return self._views.now.get(name)

    def views_over(self, name: TableName) -> tuple[View, ...]:
        """Return the views whose query names the relation."""
        return tuple(view for view in self._views.now.values() if name in view.reads)

    def put_function(self, function: Function) -> None:
        """Add or replace a function; of several with one name, a volatile one counts."""
        self._functions.put(function.name, function, self._version)

    def forget_type(self, name: TableName) -> None:
        """Remove a domain or enum."""
        self._domains.drop(name, self._version)
        self._enums.drop(name, self._version)

    def forget_view(self, name: TableName) -> None:
        """Remove a view; what depends on columns through it is told apart by `drop_dependents`."""
        self._views.drop(name, self._version)

    def forget_function(self, name: TableName) -> None:
        """Remove a function."""
        self._functions.drop(name, self._version)

    # Dependents

    def dependents_on(self, table: TableName) -> tuple[Dependent, ...]:
        """Return what reads the table."""
        return self._dependents.now.get(table, ())

    def put_dependents(self, table: TableName, dependents: Iterable[Dependent]) -> None:
        """Replace what reads the table."""
        every = tuple(dependents)
        self._dependents.put(table, every, self._version)
        for dependent in every:
            self._dependent_tables.setdefault((dependent.kind, dependent.name), set()).add(table)

    def tables_read_by(self, kind: str, name: str) -> tuple[TableName, ...]:
        """Return the tables on which a view, policy or trigger of that name depends, or once did."""
        return tuple(self._dependent_tables.get((kind, name), ()))

    def drop_dependents(self, table: TableName, is_gone: Callable[[Dependent], bool]) -> None:
        """Forget the dependents of a table for which this is true."""
        found = self.dependents_on(table)
        if any(map(is_gone, found)):
            self._dependents.put(table, tuple(d for d in found if not is_gone(d)), self._version)


def _tables_by_dependent(dependents: Iterable[Dependent]) -> dict[tuple[str, str], set[TableName]]:
    found: dict[tuple[str, str], set[TableName]] = {}
    for dependent in dependents:
        found.setdefault((dependent.kind, dependent.name), set()).add(dependent.table)
    return found


def _by_table(dependents: Iterable[Dependent]) -> dict[TableName, tuple[Dependent, ...]]:
    found: dict[TableName, list[Dependent]] = {}
    for dependent in dependents:
        found.setdefault(dependent.table, []).append(dependent)
    return {table: tuple(every) for table, every in found.items()}
