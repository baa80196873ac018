"""The schema while files are replayed into it: the only mutable one, and private to the replay."""

from collections.abc import Callable
from dataclasses import replace

from migrator.names import TableName
from migrator.schema.model import Column, Constraint, Dependent, Index, Schema, Table
from migrator.statements.parse import Node, pb


class Draft:
    """Tables by name, and what depends on them."""

    def __init__(self, base: Schema) -> None:
        self.tables = dict(base.tables)
        self.dependents = list(base.dependents)
        self.default_schema = "public"

    def schema(self, *, is_complete: bool) -> Schema:
        """Return what is known now."""
        return Schema(dict(self.tables), tuple(self.dependents), is_complete)

    def name(self, relation: pb.RangeVar) -> TableName:
        """Return a relation's name with its schema."""
        return TableName(relation.schemaname or self.default_schema, relation.relname)

    def name_of_list(self, node: Node) -> TableName:
        """Return the name in a list such as DROP TABLE's: one or more strings."""
        parts = [item.string.sval for item in node.list.items]
        return TableName(parts[-2] if len(parts) > 1 else self.default_schema, parts[-1])

    def put(self, table: Table) -> None:
        """Add or replace a table."""
        self.tables[table.name] = table

    def change(self, name: TableName, **values: object) -> None:
        """Replace fields of a table that is known; a statement about an unknown one changes nothing."""
        table = self.tables.get(name)
        if table is not None:
            self.tables[name] = replace(table, **values)  # pyright: ignore[reportArgumentType]

    def change_column(self, table: TableName, column: str, **values: object) -> None:
        """Replace fields of one column."""
        known = self.tables.get(table)
        if known is not None:
            changed = (replace(c, **values) if c.name == column else c for c in known.columns)  # pyright: ignore[reportArgumentType]
            self.change(table, columns=tuple(changed))

    def add_column(self, name: TableName, column: Column) -> None:
        """Append a column unless it is there."""
        table = self.tables.get(name)
        if table is not None and table.column(column.name) is None:
            self.change(name, columns=(*table.columns, column))

    def add_index(self, index: Index) -> None:
        """Add an index; those of a table are kept in the order of their names, as the catalog gives them."""
        table = self.tables.get(index.table)
        if table is not None:
            indexes = sorted((*table.indexes, index), key=lambda i: i.name)
            self.change(index.table, indexes=tuple(indexes))

    def add_constraint(self, name: TableName, constraint: Constraint) -> None:
        """Add a constraint, in the order of the names."""
        table = self.tables.get(name)
        if table is not None:
            constraints = sorted((*table.constraints, constraint), key=lambda c: c.name)
            self.change(name, constraints=tuple(constraints))

    def index(self, name: TableName) -> Index | None:
        """Return an index by its name; indexes live in their table's schema."""
        for table in self.tables.values():
            found = next((i for i in table.indexes if i.name == name.name), None)
            if found is not None and table.name.schema == name.schema:
                return found
        return None

    def relation_names(self, schema: str) -> set[str]:
        """Return the names of tables and indexes in a schema: they share one space."""
        tables = [table for table in self.tables.values() if table.name.schema == schema]
        return {t.name.name for t in tables} | {i.name for t in tables for i in t.indexes}

    def constraint_names(self, schema: str) -> set[str]:
        """Return the names of constraints in a schema; the server makes new ones differ from all."""
        return {c.name for t in self.tables.values() if t.name.schema == schema for c in t.constraints}

    def drop_dependents(self, is_gone: Callable[[Dependent], bool]) -> None:
        """Forget the dependents for which this is true."""
        self.dependents = [d for d in self.dependents if not is_gone(d)]

    def drop_table(self, name: TableName) -> None:
        """Forget a table, the foreign keys that point at it, and what depends on it."""
        self.tables.pop(name, None)
        for other in list(self.tables.values()):
            self.change(other.name, constraints=tuple(c for c in other.constraints if c.references != name))
        self.drop_dependents(lambda d: d.table == name)

    def drop_column(self, name: TableName, column: str) -> None:
        """Forget a column with the indexes and constraints that use it, as the server does."""
        table = self.tables.get(name)
        if table is None:
            return
        self.change(
            name,
            columns=tuple(c for c in table.columns if c.name != column),
            indexes=tuple(i for i in table.indexes if column not in i.columns),
            constraints=tuple(c for c in table.constraints if column not in c.columns),
        )
        for other in list(self.tables.values()):
            kept = (c for c in other.constraints if not (c.references == name and column in c.referenced_columns))
            self.change(other.name, constraints=tuple(kept))
        self.drop_dependents(lambda d: d.table == name and d.column == column)

    def drop_constraint(self, name: TableName, constraint: str) -> None:
        """Forget a constraint and the index that it owns."""
        table = self.tables.get(name)
        if table is not None:
            self.change(
                name,
                constraints=tuple(c for c in table.constraints if c.name != constraint),
                indexes=tuple(i for i in table.indexes if i.constraint != constraint),
            )

    def drop_index(self, name: TableName) -> None:
        """Forget an index."""
        index = self.index(name)
        if index is not None:
            table = self.tables[index.table]
            self.change(table.name, indexes=tuple(i for i in table.indexes if i.name != index.name))
