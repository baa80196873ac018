"""The schema in memory: frozen tables, columns, indexes, constraints, triggers and views.

Built by `migrator.schema.replay` (from migration files) and `migrator.schema.catalog` (from a live server); both
must give the same model for the same DDL, which `tests/unit/schema` and `tests/recipes` compare.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrator.names import TableName


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `type` is as `format_type` prints it: `character varying(20)`, `bigint`, `app.mood[]`."""

    name: str
    type: str
    is_not_null: bool = False
    default: str | None = None
    """The default's expression as SQL text; None without one."""
    is_identity: bool = False
    is_generated: bool = False
    collation: str | None = None
    """Only when it is not the type's own."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `keys` holds column names, or the expression's text in parentheses."""

    name: str
    table: TableName
    keys: tuple[str, ...]
    definition: str
    """A full CREATE INDEX statement without CONCURRENTLY, as `pg_get_indexdef` prints it where known."""
    is_unique: bool = False
    is_primary: bool = False
    is_valid: bool = True
    predicate: str | None = None
    include: tuple[str, ...] = ()
    method: str = "btree"
    constraint: str | None = None
    """The constraint that owns it: then it cannot be dropped by DROP INDEX."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a table: `kind` is primary key, unique, check, foreign key, exclusion or not null."""

    name: str
    kind: str
    columns: tuple[str, ...]
    definition: str
    """As `pg_get_constraintdef` prints it: `CHECK ((mail IS NOT NULL))`."""
    is_valid: bool = True
    references: TableName | None = None
    referenced_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table (or partitioned table) with everything that hangs on its columns."""

    name: TableName
    columns: tuple[Column, ...] = ()
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    triggers: tuple[str, ...] = ()
    is_partitioned: bool = False
    parent: TableName | None = None
    """The partitioned table or inheritance parent that this one belongs to."""
    has_row_security: bool = False

    def column(self, name: str) -> Column | None:
        """Return the column, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The primary key's columns in key order; empty without one."""
        return next((c.columns for c in self.constraints if c.kind == "primary key"), ())


@dataclass(frozen=True, slots=True)
class Dependent:
    """Something outside the table that reads one of its columns, such as a view, policy or publication."""

    kind: str
    name: str
    table: TableName
    column: str | None
    """None when it depends on the whole table, or on columns that could not be told apart."""


@dataclass(frozen=True, slots=True)
class Schema:
    """All that is known; `is_complete` says whether absence means "does not exist" or only "not seen"."""

    tables: Mapping[TableName, Table] = field(default_factory=dict[TableName, Table])
    dependents: tuple[Dependent, ...] = ()
    is_complete: bool = False
    """True when read from a catalog; False for a replay that started without a baseline."""

    def table(self, name: TableName) -> Table | None:
        """Return the table, or None."""
        return self.tables.get(name)

    def referencing(self, name: TableName) -> tuple[tuple[Table, Constraint], ...]:
        """Return the foreign keys of other tables (and of itself) that point at the table."""
        return tuple(
            (table, constraint)
            for table in self.tables.values()
            for constraint in table.constraints
            if constraint.references == name
        )
