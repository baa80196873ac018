"""What keeps a column from going, and what DROP COLUMN would take with it without a word.

A part of `drop_column`. On a partitioned table each partition is asked too: indexes, checks and views of its own.
"""

from collections.abc import Iterable, Iterator

from migrator.errors import RecipeRefused
from migrator.names import TableName
from migrator.recipes.dependent_views import is_named, views_over
from migrator.recipes.target import check_not_included
from migrator.schema.model import Column, Constraint, Dependent, Index, Schema, Table

_TODO = {
    "policy": "ALTER POLICY so that it does not read the column: who sees which rows must not change by accident.",
    "trigger": "Make the trigger again without the column, in UPDATE OF and in WHEN.",
    "text search": "Make the trigger again without the column: each write would fail.",
    "publication": "ALTER PUBLICATION … DROP TABLE and ADD TABLE without the column, in one transaction, after each "
    "subscriber can do without it.",
    "generated column": "Drop the generated column first: migrator new drop-column.",
    "function": "Replace the function by one that does not read the column.",
    "rule": "Drop the rule first.",
}


def family(schema: Schema, table: Table) -> tuple[Table, ...]:
    """Return the table and its partitions."""
    return (table, *schema.descendants(table.name))


def check_droppable(schema: Schema, table: Table, column: Column, also_drop: tuple[str, ...]) -> None:
    """Refuse a column that something needs which does not go with it."""
    name = f"{table.name}.{column.name}"
    if column.name in table.primary_key:
        raise RecipeRefused(f"{name} is part of the primary key.", "Give the table another primary key first.")
    for part in family(schema, table):
        check_not_included(part, column)
    for part in family(schema, table):
        if column.name in part.partition_key:
            raise RecipeRefused(f"{part.name} is partitioned by {column.name}.", "Move the rows to a new table.")
        _check_references(schema, part, column)
        _check_identity(part, column)
        _check_dependents(schema, part, column, also_drop)
    for view in views_over(schema, [part.name for part in family(schema, table)], column.name):
        if not is_named(view, also_drop):
            raise RecipeRefused(
                f"The view {view.name} reads {name}, or another view that does.",
                f"Change it first so that it does not, or drop it in contract with --also-drop {view.name};"
                " --dsn tells exactly which columns a view uses.",
            )
    silent = [name for name in shared_names(schema, table, column.name) if name not in also_drop]
    if silent:
        raise RecipeRefused(
            f"These use other columns of {table.name} too and would go with {column.name}: {', '.join(silent)}.",
            "Name each with --also-drop to drop it, or replace it first.",
        )


def _check_references(schema: Schema, table: Table, column: Column) -> None:
    keys = [f"{c.name} of {t.name}" for t, c in schema.referencing(table.name) if column.name in c.referenced_columns]
    if keys:
        raise RecipeRefused(
            f"Foreign keys refer to {table.name}.{column.name}: {', '.join(keys)}.", "Point them at another key first."
        )


def _check_identity(table: Table, column: Column) -> None:
    identity = [i.name for i in table.indexes if i.is_replica_identity and column.name in i.columns]
    if identity:
        raise RecipeRefused(
            f"The index {identity[0]} on {table.name}.{column.name} is the table's replica identity.",
            "Choose another REPLICA IDENTITY.",
        )


def _check_dependents(schema: Schema, table: Table, column: Column, also_drop: tuple[str, ...]) -> None:
    for found in schema.dependents_of(table.name, column.name):
        if found.kind in ("view", "materialized view") or (found.kind == "statistics" and found.name in also_drop):
            continue
        perhaps = "" if found.column else " (may use it)"
        todo = _TODO.get(found.kind, f"Name it with --also-drop {found.name} to drop it in contract.")
        raise RecipeRefused(f"These depend on {table.name}.{column.name}: {found.kind} {found.name}{perhaps}.", todo)


def shared_names(schema: Schema, table: Table, column: str) -> tuple[str, ...]:
    """Return the names of indexes and constraints over this and other columns, each once."""
    found = [i.name for _, i in lone_indexes(schema, table, column) if set(i.columns) != {column}]
    found += [c.name for part, c in own_constraints(schema, table, column) if set(part.held_columns(c)) != {column}]
    return tuple(dict.fromkeys(found))


def lone_indexes(schema: Schema, table: Table, column: str) -> Iterator[tuple[Table, Index]]:
    """Yield the indexes that read the column and must be dropped by their names: no constraint or parent has them."""
    for part in family(schema, table):
        for index in part.indexes:
            if column in index.columns and index.constraint is None and not index.is_attached:
                yield part, index


def own_constraints(schema: Schema, table: Table, column: str) -> Iterator[tuple[Table, Constraint]]:
    """Yield the constraints that read the column and that no parent has."""
    for part in family(schema, table):
        for constraint in part.constraints:
            is_own = part is table or not (constraint.is_inherited or _is_repeated(table, constraint))
            if column in part.held_columns(constraint) and constraint.kind != "not null" and is_own:
                yield part, constraint


def _is_repeated(table: Table, constraint: Constraint) -> bool:
    """Whether a partition's constraint is its parent's, as files tell that do not say so."""
    return any(c.definition == constraint.definition for c in table.constraints)


def statistics_on(schema: Schema, table: Table, column: str) -> tuple[TableName, ...]:
    """Return the extended statistics that read the column; files are silent on another schema than their table's."""
    found: Iterable[tuple[Table, Dependent]] = (
        (part, d) for part in family(schema, table) for d in schema.dependents_of(part.name, column)
    )
    return tuple(TableName(d.schema or part.name.schema, d.name) for part, d in found if d.kind == "statistics")
