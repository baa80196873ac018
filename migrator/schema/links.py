"""Which tables may be linked to a name: a growing index over a draft, so that no question has to ask every table.

An entry is never taken back: it says where to look, and the tables say what is true, in every version of the schema.
"""

from collections.abc import Iterable, Mapping

from migrator.names import TableName
from migrator.schema.parts import Constraint, Index, Table


class DraftLinks:
    """Tables by the names of their parents, of the tables that they reference, of their indexes and constraints."""

    def __init__(self, tables: Mapping[TableName, Table], earlier: "DraftLinks | None" = None) -> None:
        """Begin with what another draft noted (`earlier`), which knew these tables, or look at each of them."""
        self._tables = tables
        if earlier is not None:
            self._children, self._referencing = earlier._children, earlier._referencing
            self._with_index, self._with_constraint = earlier._with_index, earlier._with_constraint
            return
        self._children: dict[TableName, dict[TableName, None]] = {}
        self._referencing: dict[TableName, dict[TableName, None]] = {}
        self._with_index: dict[str, dict[TableName, None]] = {}
        self._with_constraint: dict[str, dict[TableName, None]] = {}
        for table in tables.values():
            self.add(table)

    def add(self, table: Table) -> None:
        """Take note of everything that a table is linked to."""
        if table.parent is not None:
            self.add_child(table.name, table.parent)
        for index in table.indexes:
            self.add_index(index)
        for constraint in table.constraints:
            self.add_constraint(table.name, constraint)

    def add_child(self, name: TableName, parent: TableName) -> None:
        """Take note of a partition or an heir."""
        self._children.setdefault(parent, {})[name] = None

    def add_index(self, index: Index) -> None:
        """Take note of an index."""
        self._with_index.setdefault(index.name, {})[index.table] = None

    def add_constraint(self, table: TableName, constraint: Constraint) -> None:
        """Take note of a constraint, and of the table that it references."""
        self._with_constraint.setdefault(constraint.name, {})[table] = None
        if constraint.references is not None:
            self._referencing.setdefault(constraint.references, {})[table] = None

    def children(self, parent: TableName) -> Iterable[TableName]:
        """Return the tables that are or were its children."""
        return tuple(self._children.get(parent, ()))

    def referencing(self, parent: TableName) -> Iterable[TableName]:
        """Return the tables that reference or referenced it."""
        return tuple(self._referencing.get(parent, ()))

    def with_index(self, index: str) -> Iterable[TableName]:
        """Return the tables that have or had an index of that name."""
        return tuple(self._with_index.get(index, ()))

    def is_relation(self, name: TableName) -> bool:
        """Return whether a table or index has the name: they share one space."""
        tables = (self._tables.get(t) for t in self._with_index.get(name.name, ()) if t.schema == name.schema)
        return name in self._tables or any(i.name == name.name for t in tables if t for i in t.indexes)

    def is_constraint(self, name: TableName) -> bool:
        """Return whether a constraint in the schema has the name; the server makes new ones differ from all."""
        tables = (self._tables.get(t) for t in self._with_constraint.get(name.name, ()) if t.schema == name.schema)
        return any(c.name == name.name for t in tables if t for c in t.constraints)
