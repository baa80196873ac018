"""What a foreign key needs at its two ends: a key to refer to, types that fit, an index that finds the rows.

A part of `add_foreign_key`: each refusal names what is missing and what to do.
"""

from collections.abc import Iterable

from migrator.errors import RecipeRefused
from migrator.schema.facts.columns import compared_type
from migrator.schema.model import Column, Index, Schema, Table


def referenced_columns(parent: Table, named: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return the columns that the key refers to.

    Raises:
        RecipeRefused: there is no such key, or it has another number of columns.
    """
    columns = named or parent.primary_key
    if not columns:
        raise RecipeRefused(f"{parent.name} has no primary key to refer to.", "Name the columns with --referenced.")
    if len(columns) != count:
        raise RecipeRefused(
            f"The key of {parent.name} has {len(columns)} columns ({', '.join(columns)}), not {count}.",
            "Name as many columns on both sides.",
        )
    if not any(_is_target(parent, index, columns) for index in parent.indexes):
        raise RecipeRefused(
            f"No unique index of {parent.name} holds exactly ({', '.join(columns)}).",
            "Make them unique first: migrator new add-unique.",
        )
    return columns


def _is_target(parent: Table, index: Index, columns: tuple[str, ...]) -> bool:
    deferrable = [c.name for c in parent.constraints if "DEFERRABLE" in c.definition]
    is_whole = index.is_unique and index.is_valid and index.predicate is None and index.constraint not in deferrable
    return is_whole and sorted(index.keys) == sorted(columns)


def check_types(
    schema: Schema, table: Table, columns: Iterable[Column], parent: Table, referenced: Iterable[Column]
) -> None:
    """Refuse types that differ: the key would cast at each check, and break when the wider one is used."""
    for here, there in zip(columns, referenced, strict=True):
        if compared_type(schema, here.type) != compared_type(schema, there.type):
            raise RecipeRefused(
                f"{table.name}.{here.name} is {here.type}, but {parent.name}.{there.name} is {there.type}.",
                "Give both one type first: migrator new change-column-type.",
            )


def check_actions(table: Table, columns: Iterable[Column], actions: Iterable[str]) -> None:
    """Refuse SET NULL on columns that cannot be NULL, and any action that writes a generated column."""
    wanted = set(actions)
    for column in columns:
        name = f"{table.name}.{column.name}"
        if "set null" in wanted and column.is_not_null:
            raise RecipeRefused(f"{name} is NOT NULL, and cannot be set to NULL.", "Choose another action.")
        if column.is_virtual:
            raise RecipeRefused(f"{name} is a VIRTUAL generated column, and cannot refer.", "Store it first.")
        if column.is_generated and wanted & {"cascade", "set null", "set default"}:
            raise RecipeRefused(f"{name} is generated, and no action can write it.", "Choose no action or restrict.")


def supporting_index(table: Table, columns: tuple[str, ...]) -> Index | None:
    """Return an index that finds the rows of a referenced row: its first keys are the columns, in any order."""
    count = len(columns)
    for index in table.indexes:
        if index.is_valid and index.predicate is None and sorted(index.keys[:count]) == sorted(columns):
            return index
    return None
