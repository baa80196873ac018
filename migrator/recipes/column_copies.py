"""What a new column must get from the old one before it can take its place: indexes, constraints, rights, settings.

Definitions are changed as syntax trees. pgroll and online_migrations replace the column's name in the text, which
also changes strings, functions and longer names that contain it (reference/phases.md §5).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from migrator.errors import RecipeRefused
from migrator.names import MAX_BYTES, literal, made_name, quote
from migrator.recipes.phase_text import Step
from migrator.schema.expressions import definition_of, parse_one, rename_column, rename_in_list
from migrator.schema.model import Column, Constraint, Grant, Index, Schema, Table
from migrator.statements.parse import deparse, pb

_UNVALIDATED = "NOT VALID"


@dataclass(frozen=True, slots=True)
class IndexCopy:
    """An index of the old column, and the statement that builds the same for the new one."""

    old: Index
    name: str
    create: str


@dataclass(frozen=True, slots=True)
class ConstraintCopy:
    """A constraint of the old column, and the steps that make the same for the new one."""

    old: Constraint
    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ColumnCopies:
    """Everything to copy; each part in the order of the names."""

    indexes: tuple[IndexCopy, ...]
    uniques: tuple[ConstraintCopy, ...]
    checks: tuple[ConstraintCopy, ...]
    foreign_keys: tuple[ConstraintCopy, ...]


def copies(schema: Schema, table: Table, old: str, new: str) -> ColumnCopies:
    """Return what hangs on the old column, as it must be for the new one.

    Raises:
        RecipeRefused: a definition cannot be copied.
    """
    name_for = _namer(schema, table, old, new)
    indexes = [index for index in table.indexes if old in index.columns]
    constraints = [constraint for constraint in table.constraints if old in constraint.columns]

    def of_kind(
        kind: str, make: Callable[[Table, Constraint, str, str, str], ConstraintCopy]
    ) -> tuple[ConstraintCopy, ...]:
        return tuple(make(table, c, name_for(c.name), old, new) for c in constraints if c.kind == kind)

    return ColumnCopies(
        indexes=tuple(_copy_index(i, name_for(i.name), old, new) for i in indexes if i.constraint is None),
        uniques=of_kind("unique", _copy_unique),
        checks=of_kind("check", _copy_checked),
        foreign_keys=of_kind("foreign key", _copy_checked),
    )


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


def _grant(table: Table, grant: Grant, column: str) -> str:
    grantee = "PUBLIC" if grant.grantee is None else quote(grant.grantee)
    option = " WITH GRANT OPTION" if grant.is_grantable else ""
    return f"GRANT {grant.privilege} ({column}) ON {table.name} TO {grantee}{option}"


def _namer(schema: Schema, table: Table, old: str, new: str) -> Callable[[str], str]:
    """Return a function that makes names for copies and never gives the same name twice."""
    neighbours = [other for other in schema.tables.values() if other.name.schema == table.name.schema]
    taken = {name for other in neighbours for name in _names(other)}
    made: dict[str, str] = {}

    def name_for(original: str) -> str:
        if original not in made:
            made[original] = _free(_renamed(original, old, new), taken)
            taken.add(made[original])
        return made[original]

    return name_for


def _names(table: Table) -> Iterable[str]:
    yield table.name.name
    yield from (index.name for index in table.indexes)
    yield from (constraint.name for constraint in table.constraints)


def _renamed(original: str, old: str, new: str) -> str:
    """Return `users_mail_key` for `users_email_key`; a name without the column's gets the new one at its end."""
    word = re.compile(rf"(?<![^_]){re.escape(old)}(?![^_])")
    renamed = word.sub(lambda _: new, original)
    if renamed == original:
        return made_name(original, new)
    return renamed if len(renamed.encode()) <= MAX_BYTES else made_name(renamed)


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = made_name(name, str(number))
    return candidate


def _copy_index(index: Index, name: str, old: str, new: str) -> IndexCopy:
    node = parse_one(index.definition)
    statement = node.index_stmt
    for element in (*statement.index_params, *statement.index_including_params):
        if element.index_elem.name == old:
            element.index_elem.name = new
        rename_column(element.index_elem, old, new)
    rename_column(statement.where_clause, old, new)
    statement.idxname = name
    statement.concurrent = True
    statement.if_not_exists = False
    return IndexCopy(index, name, deparse(node))


def _copy_unique(table: Table, constraint: Constraint, name: str, old: str, new: str) -> ConstraintCopy:
    """Build the index beside the traffic, then let the constraint take it over: both have one name."""
    owned = next((index for index in table.indexes if index.constraint == constraint.name), None)
    definition = _defined(_constraint(table, constraint, name))
    if owned is None or definition.without_overlaps:
        raise RecipeRefused(
            f"The constraint {constraint.name} cannot be built beside the traffic.", "Drop it first, or do it by hand."
        )
    index = _copy_index(owned, name, old, new)
    deferral = " DEFERRABLE" * definition.deferrable + " INITIALLY DEFERRED" * definition.initdeferred
    take = f"ALTER TABLE {table.name} ADD CONSTRAINT {quote(name)} UNIQUE USING INDEX {quote(name)}{deferral}"
    return ConstraintCopy(constraint, name, (index.create, take))


def _copy_checked(table: Table, constraint: Constraint, name: str, old: str, new: str) -> ConstraintCopy:
    """Copy a check or a foreign key: for new rows at once, for old ones by a scan that blocks nobody."""
    node = _constraint(table, constraint, name)
    definition = _defined(node)
    rename_column(definition, old, new)
    rename_in_list(definition.fk_attrs, old, new)
    rename_in_list(definition.fk_del_set_cols, old, new)
    definition.skip_validation = True
    definition.initially_valid = False
    validate = f"ALTER TABLE {table.name} VALIDATE CONSTRAINT {quote(name)}"
    add = deparse(node)
    add = f"{add.removesuffix(_UNVALIDATED).rstrip()} {_UNVALIDATED}"  # the deparser forgets the blank after a ")"
    return ConstraintCopy(constraint, name, (add, validate) if constraint.is_valid else (add,))


def _constraint(table: Table, constraint: Constraint, name: str) -> pb.Node:
    return parse_one(f"ALTER TABLE {table.name} ADD CONSTRAINT {quote(name)} {constraint.definition}")


def _defined(node: pb.Node) -> pb.Constraint:
    return definition_of(node.alter_table_stmt.cmds[0].alter_table_cmd).constraint
