"""Which changes of type need no second column, and which lose no value: what `change_column_type` decides by.

Free is what the server does without reading a row: no rewrite, no index to build again, no CHECK to test again.
Lossless is a pair whose every old value comes back unchanged, so that the server's own casts may translate.
"""

from collections.abc import Iterable, Iterator

from migrator.errors import InputError, RecipeRefused
from migrator.names import TableName, quote
from migrator.recipes.target import row_holders
from migrator.schema.facts.columns import stored_type
from migrator.schema.facts.domains import constrained_domain
from migrator.schema.facts.type_change import read_type, type_change
from migrator.schema.model import Column, Schema, Table
from migrator.schema.types import type_text
from migrator.statements.effects import Fact

_WHOLE = ("smallint", "integer", "bigint")
_NUMBERS = (*_WHOLE, "numeric", "real", "double precision")
_TEXTS = ("text", "character varying", "bpchar")
_LONG = frozenset({*_TEXTS, "character", "numeric", "bytea", "json", "jsonb", "xml", "tsvector", "bit varying"})
_LOSSLESS = frozenset(
    {
        *((small, large) for at, small in enumerate(_WHOLE) for large in _WHOLE[at + 1 :]),
        *((whole, "numeric") for whole in _WHOLE),
        ("smallint", "real"),
        ("smallint", "double precision"),
        ("integer", "double precision"),
        ("real", "double precision"),
        ("character varying", "text"),
        ("text", "character varying"),
        ("date", "timestamp without time zone"),
        ("uuid", "text"),
        ("boolean", "text"),
    }
)
"""Pairs of types without modifiers; `numeric` and `character varying` without them hold everything."""


def resolved_type(schema: Schema, text: str) -> str:
    """Return a type that a person wrote as the server prints it; one of the user's own with its schema.

    Raises:
        RecipeRefused: it is no type.
    """
    try:
        name = type_text(text)
    except InputError as exc:
        raise RecipeRefused(exc.situation, exc.todo) from exc
    own = [known for known in (*schema.enums, *schema.domains) if quote(known.name) == name]
    return str(own[0]) if len(own) == 1 else name


def obstacles_to_free(schema: Schema, table: Table, column: Column, new_type: str, zone: str | None) -> tuple[str, ...]:
    """Return why the type cannot be changed in place without reading rows; empty when it can."""
    return tuple(_obstacles(schema, table, column, new_type, zone))


def _obstacles(schema: Schema, table: Table, column: Column, new_type: str, zone: str | None) -> Iterator[str]:
    old, new = stored_type(schema, column.type), stored_type(schema, new_type)
    is_tested = constrained_domain(schema, new_type) is not None or not {old, new}.isdisjoint(map(str, schema.enums))
    change = type_change(old, new, zone)
    if is_tested or change.rewrite is not Fact.NO:
        yield f"for {column.type} → {new_type} the server writes the whole table again"
        return
    if holders := row_holders(schema, table):
        yield f"the server refuses it while other columns hold whole rows of the table ({', '.join(holders)})"
    name = f"{table.name}.{quote(column.name)}"
    for part in (table, *schema.descendants(table.name)):
        for index in part.indexes:
            is_computed = index.predicate is not None or any(key.startswith("(") for key in index.keys)
            if column.name in index.columns and (is_computed or change.indexes is not Fact.NO):
                yield f"the index {index.name} would be built again under the lock"
    checks = [c.name for c in table.constraints if c.kind == "check" and c.is_valid and column.name in c.columns]
    if checks:
        yield f"the check {', '.join(checks)} would be tested again on every row"
    keys = [c.name for c in table.constraints if c.references is not None and column.name in c.columns]
    keys += [c.name for _, c in schema.referencing(table.name) if column.name in c.referenced_columns]
    if keys:
        yield f"the foreign key {', '.join(keys)} on {name} would be made again, with locks on both tables"


def check_addable(schema: Schema, table: TableName, type_name: str) -> None:
    """Refuse a type for which ADD COLUMN writes the whole table again: a domain with rules, even without a default."""
    if not type_name.endswith("[]") and constrained_domain(schema, type_name) is not None:
        base = stored_type(schema, type_name)
        raise RecipeRefused(
            f"{type_name} is a domain with rules: to add a column of it the server writes all of {table} again while"
            " nobody reads or writes it.",
            f"Use {base} for the new column; migrator new add-check brings the domain's rule without reading the table"
            " under a lock.",
        )


def may_be_composite(schema: Schema, type_name: str) -> bool:
    """Whether it is a type of the user without labels; a range type looks the same."""
    return any(str(name) == type_name and not labels for name, labels in schema.enums.items())


def check_provable(schema: Schema, table: TableName, column: Column) -> None:
    """Refuse a composite column that is to be NOT NULL by a CHECK: IS NOT NULL asks each of its fields, the column not.

    So the CHECK would refuse rows that NOT NULL accepts, and the server would not take it for a proof.
    """
    if may_be_composite(schema, column.type):
        raise RecipeRefused(
            f"{table}.{column.name} is {column.type}, which is no enum: if it is a composite type, no CHECK proves to"
            " the server that the column is NOT NULL, and it would read the whole table under ACCESS EXCLUSIVE.",
            "Leave the column nullable here; on PostgreSQL 18, migrator new set-not-null makes it NOT NULL without a"
            " CHECK.",
        )


def settings_for(type_name: str, settings: Iterable[str]) -> tuple[str, ...]:
    """Return those of a column's settings that one of the type can have: how to store long values is for long types."""
    kind = read_type(type_name)
    is_long = kind.is_array or kind.base in _LONG
    return tuple(text for text in settings if is_long or not text.startswith(("SET STORAGE", "SET COMPRESSION")))


def is_lossless(old: str, new: str) -> bool:
    """Return whether the server's own casts bring every old value to the new type and back unchanged."""
    before, after = read_type(old), read_type(new)
    if before.is_array or after.is_array:
        return False
    if before.base == after.base == "numeric":
        return _holds(before.modifiers, after.modifiers)
    if before.base == after.base:
        return not after.modifiers or bool(before.modifiers and before.modifiers <= after.modifiers)
    if (before.base, after.base) in {("character varying", "text"), ("text", "character varying")}:
        return not after.modifiers
    return (before.base, after.base) in _LOSSLESS and not after.modifiers


def _holds(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether each numeric of the one precision and scale is one of the other, digit by digit."""
    if not before or not after:
        return not after
    old_size, old_scale = (*before, 0)[:2]
    new_size, new_scale = (*after, 0)[:2]
    return new_scale >= old_scale and new_size - new_scale >= old_size - old_scale


def example_up(name: str, old: str, new: str) -> str:
    """Return an expression over the column that shows how a person could bring a value to the new type."""
    before, after = read_type(old), read_type(new)
    column = quote(name)
    if {before.base, after.base} == {"timestamp without time zone", "timestamp with time zone"}:
        return f"{column} AT TIME ZONE 'UTC'"
    if before.base == "boolean" and after.base in _WHOLE:
        return f"CASE WHEN {column} THEN 1 ELSE 0 END"
    if before.base not in _TEXTS:
        return f"{column}::{new}"
    if after.base in _TEXTS and after.modifiers:
        return f"left({column}, {after.modifiers[0]})"
    if after.is_array or after.base not in _NUMBERS:
        return f"{column}::{new}"
    return f"CASE WHEN {column} ~ '^[0-9]+$' THEN {column}::{new} END"


def zone_formulas(old: str, new: str, zone: str | None, source: str, target: str) -> tuple[str, str] | None:
    """Return up and down between timestamps with and without time zone, which need to know the zone."""
    bases = (read_type(old).base, read_type(new).base)
    if zone is None or set(bases) != {"timestamp without time zone", "timestamp with time zone"}:
        return None
    text = zone.replace("'", "''")
    return f"{quote(source)} AT TIME ZONE '{text}'", f"{quote(target)} AT TIME ZONE '{text}'"


def is_exact(old: str, new: str) -> bool:
    """Return whether a value that new code may write also comes back from the old type as it was."""
    return {read_type(old).base, read_type(new).base} <= {*_WHOLE} and not read_type(new).is_array
