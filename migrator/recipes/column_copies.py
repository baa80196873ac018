"""What a new column must get from the old one before it can take its place: indexes, constraints, rights, settings.

Definitions are changed as syntax trees. pgroll and online_migrations replace the column's name in the text, which
also changes strings, functions and longer names that contain it (reference/phases.md §5).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from google.protobuf.message import Message

from migrator.errors import RecipeRefused
from migrator.names import TableName, literal, quote
from migrator.recipes.copy_names import namer
from migrator.recipes.index_build import IndexBuild
from migrator.recipes.not_null_constraint import NotNullConstraint
from migrator.recipes.phase_text import Step
from migrator.schema.expressions import definition_of, parse_one, walk
from migrator.schema.facts.columns import compared_type
from migrator.schema.model import Column, Constraint, Grant, Index, Schema, Table
from migrator.schema.naming import choose_name
from migrator.schema.types import format_type
from migrator.statements.parse import Node, deparse, pb

_UNVALIDATED = "NOT VALID"
_BETWEEN_TYPES = "-- migrator: allow fk-type-mismatch: the key that this is a copy of is between the same types"


@dataclass(frozen=True, slots=True)
class Renaming:
    """New names for columns, and for what else changes with them."""

    columns: Mapping[str, str]
    keys: Mapping[TableName, Mapping[str, str]] = field(default_factory=dict[TableName, Mapping[str, str]])
    """Of other tables that foreign keys refer to."""
    types: Mapping[str, TableName] = field(default_factory=dict[str, TableName])
    """Type as `format_type` prints it -> the type that takes its place."""
    is_alike: bool = False
    """Whether every new column has the type of the old one."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Label of an enum -> its new name, where a constant names it."""

    def apply(self, message: Message) -> None:
        """Rename the columns and types in a tree, in place."""
        for part in walk(message):
            if isinstance(part, pb.ColumnRef):
                name = part.fields[-1].string
                name.sval = self.columns.get(name.sval, name.sval)
            elif isinstance(part, pb.TypeName) and (new := self.types.get(format_type(part).removesuffix("[]"))):
                del part.names[:]
                part.names.extend(Node(string=pb.String(sval=word)) for word in new)
            elif isinstance(part, pb.A_Const) and part.sval.sval in self.labels:
                part.sval.sval = self.labels[part.sval.sval]

    def apply_to_list(self, names: Iterable[Node]) -> None:
        """Rename in a list of plain names, such as the columns of a foreign key, in place."""
        for node in names:
            node.string.sval = self.columns.get(node.string.sval, node.string.sval)


@dataclass(frozen=True, slots=True)
class IndexCopy:
    """An index of the old columns, the steps that build the same for the new ones, and those that drop the copy."""

    old: Index
    name: str
    steps: tuple[Step, ...]
    drops: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ConstraintCopy:
    """A constraint of the old column, and the steps that make the same for the new one."""

    old: Constraint
    name: str
    steps: tuple[Step, ...]
    is_clustered: bool = False
    """Whether CLUSTER sorts the table by the index of the old one."""


@dataclass(frozen=True, slots=True)
class ColumnCopies:
    """Everything to copy; each part in the order of the names."""

    indexes: tuple[IndexCopy, ...]
    uniques: tuple[ConstraintCopy, ...]
    checks: tuple[ConstraintCopy, ...]
    foreign_keys: tuple[ConstraintCopy, ...]
    primary: IndexCopy | None = None
    """The index that becomes the primary key when the new columns take the old ones' place."""
    not_nulls: tuple[ConstraintCopy, ...] = ()
    """Those that have a name or a comment of their own (18)."""

    @property
    def clustered(self) -> str | None:
        """The copy of the index by which CLUSTER sorts the table."""
        parts = (*self.indexes, *((self.primary,) if self.primary else ()))
        names = [copy.name for copy in parts if copy.old.is_clustered]
        names += [copy.name for copy in self.uniques if copy.is_clustered]
        return names[0] if names else None


def copies(schema: Schema, table: Table, renaming: Renaming) -> ColumnCopies:
    """Return what hangs on the old columns, as it must be for the new ones.

    Raises:
        RecipeRefused: a definition cannot be copied.
    """
    name_for = namer(schema, table, renaming.columns)
    indexes = [index for index in table.indexes if not renaming.columns.keys().isdisjoint(index.columns)]
    constraints = [c for c in table.constraints if not renaming.columns.keys().isdisjoint(table.held_columns(c))]

    def of_kind(kind: str, make: _Maker) -> tuple[ConstraintCopy, ...]:
        return tuple(
            make(schema, table, c, name_for(c.name, c.columns), renaming) for c in constraints if c.kind == kind
        )

    def of_index(index: Index) -> IndexCopy:
        return _copy_index(schema, table, index, name_for(index.name, index.columns), renaming)

    return ColumnCopies(
        indexes=tuple(of_index(i) for i in indexes if i.constraint is None),
        primary=next((of_index(i) for i in indexes if i.is_primary), None),
        uniques=of_kind("unique", _copy_unique),
        checks=of_kind("check", _copy_checked),
        foreign_keys=of_kind("foreign key", _copy_checked),
        not_nulls=tuple(
            _copy_not_null(table, c, name_for(c.name, c.columns), renaming)
            for c in constraints
            if c.kind == "not null" and not is_made_by_server(table, c)
        ),
    )


def key_copies(schema: Schema, table: Table, renaming: Renaming) -> tuple[ConstraintCopy, ...]:
    """Return the foreign keys of the table that refer to renamed columns of others, and to no other renamed ones."""
    found = (c for c in table.constraints if not _keys_of(c, renaming).keys().isdisjoint(c.referenced_columns))
    copied: list[ConstraintCopy] = []
    for constraint in found:
        name_for = namer(schema, table, _keys_of(constraint, renaming))
        name = name_for(constraint.name, constraint.referenced_columns)
        copied.append(_copy_checked(schema, table, constraint, name, renaming))
    return tuple(copied)


def _keys_of(constraint: Constraint, renaming: Renaming) -> Mapping[str, str]:
    """Return the new names of the columns that a foreign key may refer to."""
    return renaming.keys.get(constraint.references, {}) if constraint.references else {}


_Maker = Callable[[Schema, Table, Constraint, str, Renaming], ConstraintCopy]


def add_column(table: Table, column: Column, new: str) -> tuple[str, ...]:
    """Return the statements that add the new column with the old one's type, collation, rights and settings.

    It gets no default: one that fires for old code's inserts would look like a value written by new code.
    """
    collation = f" COLLATE {column.collation}" if column.collation else ""
    name = quote(new)
    statements = [f"ALTER TABLE {table.name} ADD COLUMN {name} {column.type}{collation}"]
    if column.settings:
        actions = ", ".join(f"ALTER COLUMN {name} {setting}" for setting in column.settings)
        statements.append(f"ALTER TABLE {table.name} {actions}")
    if column.comment is not None:
        statements.append(f"COMMENT ON COLUMN {table.name}.{name} IS {literal(column.comment)}")
    return (*statements, *(_grant(table, grant, name) for grant in column.grants))


def is_made_by_server(table: Table, constraint: Constraint) -> bool:
    """Whether a NOT NULL has the name that the server gives, and no comment: then any other is as good."""
    usual = choose_name(table.name.name, constraint.columns[0], "not_null", lambda _name: False)
    return constraint.name == usual and constraint.comment is None


def _grant(table: Table, grant: Grant, column: str) -> str:
    grantee = "PUBLIC" if grant.grantee is None else quote(grant.grantee)
    option = " WITH GRANT OPTION" if grant.is_grantable else ""
    return f"GRANT {grant.privilege} ({column}) ON {table.name} TO {grantee}{option}"


def _copy_index(schema: Schema, table: Table, index: Index, name: str, renaming: Renaming) -> IndexCopy:
    node = parse_one(index.definition)
    statement = node.index_stmt
    for element in (*statement.index_params, *statement.index_including_params):
        if element.index_elem.name:
            element.index_elem.name = renaming.columns.get(element.index_elem.name, element.index_elem.name)
        renaming.apply(element.index_elem)
    renaming.apply(statement.where_clause)
    statement.if_not_exists = False
    build = IndexBuild(schema, table, node, name)
    steps = tuple(step for step in build.steps() if not str(step).startswith("ANALYZE"))  # comes once, at the end
    return IndexCopy(index, name, (*steps, *_index_properties(table, index, name)), build.drops())


def _index_properties(table: Table, index: Index, name: str) -> Iterable[str]:
    full = TableName(table.name.schema, name)
    for key, target in index.statistics:
        yield f"ALTER INDEX {full} ALTER COLUMN {key} SET STATISTICS {target}"
    if index.comment is not None:
        yield f"COMMENT ON INDEX {full} IS {literal(index.comment)}"


def commented(table: Table, constraint: Constraint, name: str) -> tuple[str, ...]:
    """Return the statement that gives a constraint the comment of the old one, where it has one."""
    if constraint.comment is None:
        return ()
    return (f"COMMENT ON CONSTRAINT {quote(name)} ON {table.name} IS {literal(constraint.comment)}",)


def _copy_unique(schema: Schema, table: Table, constraint: Constraint, name: str, renaming: Renaming) -> ConstraintCopy:
    """Build the index beside the traffic, then let the constraint take it over: both have one name."""
    owned = next((index for index in table.indexes if index.constraint == constraint.name), None)
    definition = _defined(_constraint(table, constraint, name))
    if owned is None or definition.without_overlaps or table.is_partitioned:
        raise RecipeRefused(
            f"The constraint {constraint.name} cannot be built beside the traffic.",
            "Drop it first; a unique index can be made again with migrator new create-index --unique.",
        )
    index = _copy_index(schema, table, owned, name, renaming)
    deferral = " DEFERRABLE" * definition.deferrable + " INITIALLY DEFERRED" * definition.initdeferred
    take = f"ALTER TABLE {table.name} ADD CONSTRAINT {quote(name)} UNIQUE USING INDEX {quote(name)}{deferral}"
    steps = (*index.steps, take, *commented(table, constraint, name))
    return ConstraintCopy(constraint, name, steps, is_clustered=owned.is_clustered)


def _copy_not_null(table: Table, constraint: Constraint, name: str, renaming: Renaming) -> ConstraintCopy:
    column = renaming.columns[constraint.columns[0]]
    steps = NotNullConstraint(table.name, column, name).steps()
    return ConstraintCopy(constraint, name, (*steps, *commented(table, constraint, name)))


def _copy_checked(
    schema: Schema,
    table: Table,
    constraint: Constraint,
    name: str,
    renaming: Renaming,
) -> ConstraintCopy:
    """Copy a check or a foreign key: for new rows at once, for old ones by a scan that blocks nobody."""
    if table.is_partitioned and constraint.references is not None:
        raise RecipeRefused(
            f"The foreign key {constraint.name} of the partitioned table {table.name} cannot be copied: before 18 the"
            " server takes no NOT VALID one there.",
            "Drop it first, and add it again for the new column with migrator new add-foreign-key.",
        )
    node = _constraint(table, constraint, name)
    definition = _defined(node)
    renaming.apply(definition)
    renaming.apply_to_list(definition.fk_attrs)
    renaming.apply_to_list(definition.fk_del_set_cols)
    _point(definition, constraint, renaming)
    definition.skip_validation = True
    definition.initially_valid = False
    validate = f"ALTER TABLE {table.name} VALIDATE CONSTRAINT {quote(name)}"
    add = deparse(node)
    add = f"{add.removesuffix(_UNVALIDATED).rstrip()} {_UNVALIDATED}"  # the deparser forgets the blank after a ")"
    if renaming.is_alike and _is_between_types(schema, table, constraint):
        add = f"{_BETWEEN_TYPES}\n{add}"
    steps = (add, validate) if constraint.is_valid else (add,)
    return ConstraintCopy(constraint, name, (*steps, *commented(table, constraint, name)))


def _is_between_types(schema: Schema, table: Table, constraint: Constraint) -> bool:
    """Whether a foreign key's columns have other types than those that they refer to; a copy's have no others."""
    parent = schema.table(constraint.references) if constraint.references else None
    pairs = zip(constraint.columns, constraint.referenced_columns, strict=False)
    both = ((table.column(here), parent.column(there)) for here, there in pairs) if parent else ()
    return any(a and b and compared_type(schema, a.type) != compared_type(schema, b.type) for a, b in both)


def _point(definition: pb.Constraint, constraint: Constraint, renaming: Renaming) -> None:
    """Let a foreign key refer to the renamed columns; without a list it meant the primary key."""
    renamed = _keys_of(constraint, renaming)
    if renamed:
        del definition.pk_attrs[:]
        names = (renamed.get(name, name) for name in constraint.referenced_columns)
        definition.pk_attrs.extend(Node(string=pb.String(sval=name)) for name in names)


def _constraint(table: Table, constraint: Constraint, name: str) -> pb.Node:
    return parse_one(f"ALTER TABLE {table.name} ADD CONSTRAINT {quote(name)} {constraint.definition}")


def _defined(node: pb.Node) -> pb.Constraint:
    return definition_of(node.alter_table_stmt.cmds[0].alter_table_cmd).constraint
