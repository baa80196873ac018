"""What a schema holds: frozen tables, columns, indexes, constraints, domains and views; `Schema` is their sum.

Imported through `migrator.schema.model`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from migrator.names import TableName

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Grant:
    """A privilege on one column; `grantee` is None for PUBLIC."""

    privilege: str
    grantee: str | None
    is_grantable: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """GENERATED … AS IDENTITY: `when` is ALWAYS or BY DEFAULT; `options` are those that are not the sequence's own."""

    when: str
    sequence: TableName
    options: tuple[str, ...] = ()
    comment: str | None = field(default=None, compare=False)
    """The sequence's; known from a catalog."""
    grants: tuple[Grant, ...] = field(default=(), compare=False)
    """Privileges on the sequence; known from a catalog."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `type` is as `format_type` prints it: `character varying(20)`, `bigint`, `app.mood[]`."""

    name: str
    type: str
    is_not_null: bool = False
    default: str | None = None
    """The default's expression as SQL text; None without one."""
    is_identity: bool = False
    identity: Identity | None = field(default=None, compare=False)
    """How, when it is an identity and that is known."""
    is_generated: bool = False
    is_virtual: bool = field(default=False, compare=False)
    """Generated when it is read (18), not stored."""
    collation: str | None = None
    """Only when it is not the type's own; SQL text such as `pg_catalog."C"`."""
    sequence: TableName | None = None
    """The sequence that the column owns (serial): it is dropped with the column."""
    has_type_default: bool = False
    """Its type is a domain with a DEFAULT or NOT NULL of its own."""
    comment: str | None = None
    grants: tuple[Grant, ...] = ()
    """Privileges on this column alone; those of the table are not repeated here."""
    settings: tuple[str, ...] = ()
    """ALTER COLUMN actions that tune it: `SET STATISTICS 1000`, `SET STORAGE EXTERNAL`."""


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
    columns: tuple[str, ...] = ()
    """Every column that it reads: keys, expressions, INCLUDE and predicate, in the table's order."""
    is_replica_identity: bool = False
    is_attached: bool = field(default=False, compare=False)
    """It is a part of the index of its partitioned parent, and goes only with that one; known from a catalog."""
    comment: str | None = field(default=None, compare=False)
    is_clustered: bool = field(default=False, compare=False)
    """CLUSTER without an index's name sorts the table by it; known from a catalog."""
    statistics: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    """(number of a key, from 1; statistics target of its expression); known from a catalog."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a table: `kind` is primary key, unique, check, foreign key, exclusion or not null."""

    name: str
    kind: str
    columns: tuple[str, ...]
    """In key order; for a check, every column that it reads, in the table's order."""
    definition: str
    """As `pg_get_constraintdef` prints it: `CHECK ((mail IS NOT NULL))`."""
    is_valid: bool = True
    references: TableName | None = None
    referenced_columns: tuple[str, ...] = ()
    is_enforced: bool = field(default=True, compare=False)
    is_inherited: bool = field(default=False, compare=False)
    """It belongs to one of a partitioned parent and goes only with that one; known from a catalog."""
    comment: str | None = field(default=None, compare=False)


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
    partition_key: tuple[str, ...] = ()
    """The columns that the partition key reads."""
    is_incomplete: bool = False
    """True when a replay met something that it could not follow: columns may be missing."""
    is_partition: bool = field(default=False, compare=False)
    """Its parent is a partitioned table, not one that it only inherits from."""
    bound: str | None = field(default=None, compare=False)
    """A partition's bound as SQL text; `DEFAULT` for the default partition."""
    persistence: str = field(default="p", compare=False)
    """p for logged, u for unlogged, t for temporary."""
    access_method: str | None = field(default=None, compare=False)
    """None when nobody named one: the server's default, or that of the partitioned parent."""
    tablespace: str | None = field(default=None, compare=False)
    owner: str | None = field(default=None, compare=False)
    """None when it is the role that asked, or not known."""
    grants: tuple[Grant, ...] = field(default=(), compare=False)
    """Privileges on the whole table, but for the owner's own."""
    has_foreign_parts: bool = field(default=False, compare=False)
    """One of its partitions is a foreign table; known from a catalog."""
    publications: tuple[str, ...] = field(default=(), compare=False)
    """Those that publish the table, whole or in part."""
    row_functions: tuple[str, ...] = field(default=(), compare=False)
    """Functions that take a row of the table; known from a catalog."""
    held_by: tuple[str, ...] = field(default=(), compare=False)
    """What DROP TABLE stops at, besides views and foreign keys, in the server's words; known from a catalog."""

    def column(self, name: str) -> Column | None:
        """Return the column, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The primary key's columns in key order; empty without one."""
        return next((c.columns for c in self.constraints if c.kind == "primary key"), ())

    def held_columns(self, constraint: Constraint) -> tuple[str, ...]:
        """Return the constraint's columns and those that its index INCLUDEs: with each of them it would go."""
        owned = next((i for i in self.indexes if i.constraint == constraint.name and i.include), None)
        return (*constraint.columns, *(owned.include if owned else ()))


@dataclass(frozen=True, slots=True)
class Dependent:
    """Something outside the table that reads one of its columns, such as a view, policy or publication."""

    kind: str
    name: str
    table: TableName
    column: str | None
    """None when it depends on the whole table, or on columns that could not be told apart."""
    schema: str | None = field(default=None, compare=False)
    """Of statistics: the schema that they stand in; known from a catalog."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain: its base type as `format_type` prints it, and the rules that values must meet."""

    name: TableName
    base: str
    is_not_null: bool = False
    checks: tuple[str, ...] = ()
    """The names of its CHECK constraints."""

    @property
    def is_constrained(self) -> bool:
        """Whether a value may be refused."""
        return self.is_not_null or bool(self.checks)


@dataclass(frozen=True, slots=True)
class ViewDress:
    """What a view has beside its query and its options."""

    statements: tuple[str, ...]
    """Those that give all of it to a view that is made anew: owner, rights, comments, defaults, triggers."""
    held: tuple[str, ...] = ()
    """What hangs on it and is no view, in the server's words: it would be lost, or keep the view from being dropped."""
    states: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is there -> its digest, by which a later change is seen; see `migrator.recipes.view_states`."""


@dataclass(frozen=True, slots=True)
class View:
    """A view or materialized view, and the relations that its query names."""

    name: TableName
    reads: tuple[TableName, ...]
    is_materialized: bool = False
    definition: str | None = field(default=None, compare=False)
    """A full CREATE VIEW statement in which each relation has its schema; None where it is not known for sure."""
    own: tuple[str, ...] = field(default=(), compare=False)
    """Triggers and rules of its own, by which it is written: `trigger shown_insert`."""
    dress: ViewDress | None = field(default=None, compare=False)
    """What else it has; known from a catalog."""


@dataclass(frozen=True, slots=True)
class Function:
    """What matters of a function in a default: whether it is VOLATILE, and whether the planner may look inside."""

    name: TableName
    is_volatile: bool
    language: str = ""


def changed(item: _T, **values: object) -> _T:
    """Return a copy with other values in some fields; `dataclasses.replace` is six times slower."""
    copy, put = object.__new__(type(item)), object.__setattr__
    for name in type(item).__slots__:  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType]
        put(copy, name, getattr(item, name))  # pyright: ignore[reportUnknownArgumentType]
    for name, value in values.items():
        put(copy, name, value)
    return copy
