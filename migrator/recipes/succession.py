"""Whether a new column can take an old one's place, or the reason why not and what to do.

Asked by the recipes that work with a second column, which a trigger keeps in step with the first.
"""

from collections.abc import Iterator

from migrator.errors import RecipeRefused
from migrator.recipes.target import check_removable
from migrator.recipes.type_pairs import check_provable
from migrator.schema.model import Column, Schema, Table

_TRIGGERS_ON_PARTITIONED = 13
_OURS = ("zz_migrator", "~zz_migrator")
"""How our triggers' names begin; the second sorts after every plain name."""


def check_renamable(schema: Schema, table: Table, column: Column, *, referenced: bool = False) -> None:
    """Refuse a column whose place no second column can take; `referenced`: foreign keys to it are made again."""
    name = f"{table.name}.{column.name}"
    if column.is_generated:
        raise RecipeRefused(
            f"{name} is a generated column, and a trigger cannot write it.",
            f"Add a generated column {name} of the new name beside it (migrator new add-generated-column), and drop"
            " this one when no code reads it.",
        )
    if column.is_identity:
        raise RecipeRefused(
            f"{name} is an identity column: two columns cannot share its sequence while both are written.",
            "Make it a plain column with a sequence of its own first (ALTER COLUMN … DROP IDENTITY, CREATE SEQUENCE,"
            " SET DEFAULT nextval), or keep the name.",
        )
    if column.has_type_default:
        raise RecipeRefused(
            f"The type {column.type} of {name} is a domain with a DEFAULT or NOT NULL of its own, which would look"
            " like a value that new code wrote.",
            "Move the default and the NOT NULL from the domain to the column first.",
        )
    if any(column.name in part.partition_key for part in (table, *schema.descendants(table.name))):
        raise RecipeRefused(
            f"{name} is part of the partition key, and no trigger may move a row to another partition.",
            "Make a new partitioned table and move the rows, partition by partition.",
        )
    unproven = [
        c.name for c in table.constraints if c.kind == "not null" and not c.is_valid and c.columns == (column.name,)
    ]
    if unproven:
        raise RecipeRefused(
            f"The NOT NULL {unproven[0]} of {name} is not validated: which rows have no value is not known.",
            f"ALTER TABLE {table.name} VALIDATE CONSTRAINT it first, or drop it and use migrator new set-not-null.",
        )
    if column.is_not_null:
        check_provable(schema, table.name, column)
    check_parts(schema, table, column)
    check_removable(schema, table, column, referenced=referenced)


def check_parts(schema: Schema, table: Table, column: Column) -> None:
    """Refuse a partition that has something of its own on the column: it would go with the column, silently."""
    for part in schema.descendants(table.name):
        own = [i.name for i in part.indexes if column.name in i.columns and not i.is_attached and schema.is_complete]
        own += [
            c.name
            for c in part.constraints
            if column.name in c.columns and not c.is_inherited and c.kind != "not null" and schema.is_complete
        ]
        own += [f"{d.kind} {d.name}" for d in schema.dependents_of(part.name, column.name)]
        own += _own_properties(part, column) if schema.is_complete else ()
        if own:
            raise RecipeRefused(
                f"The partition {part.name} has something of its own on {column.name}: {', '.join(own)}.",
                f"Make it part of {table.name}'s, or drop it first.",
            )


def _own_properties(part: Table, column: Column) -> Iterator[str]:
    """Yield what a partition's column has that its table's has not; it would not get it back."""
    own = part.column(column.name)
    if own is None:
        return
    if own.default not in (None, column.default):
        yield f"the default {own.default}"
    if own.is_not_null and not column.is_not_null:
        yield "NOT NULL"
    if own.comment is not None:
        yield "a comment"
    yield from (f"GRANT {grant.privilege}" for grant in own.grants)
    yield from (setting for setting in own.settings if setting not in column.settings)


def check_triggers(table: Table, pg_version: int) -> None:
    """Refuse a partitioned table on a server that knows no BEFORE trigger for its rows."""
    if table.is_partitioned and pg_version < _TRIGGERS_ON_PARTITIONED:
        raise RecipeRefused(
            f"{table.name} is partitioned, and before {_TRIGGERS_ON_PARTITIONED} the server has no BEFORE trigger for"
            " rows of a partitioned table.",
            "Update the server first.",
        )


def last_prefix(schema: Schema, table: Table) -> str:
    """Return how the name of a trigger begins that fires after all others of the table: they fire in name order.

    Raises:
        RecipeRefused: a trigger's name sorts after every name that we would give.
    """
    names = [t for part in (table, *schema.descendants(table.name)) for t in part.triggers if not t.startswith(_OURS)]
    for prefix in _OURS:
        if all(name.encode() < prefix.encode() for name in names):
            return prefix
    last = max(names, key=str.encode)
    raise RecipeRefused(
        f"The trigger {last} of {table.name} would fire after ours and could change a row behind its back.",
        f"Rename it first, it loses nothing: ALTER TRIGGER … ON {table.name} RENAME TO a name before zz_migrator.",
    )


def check_not_shared(table: Table, names: tuple[str, ...], also_drop: tuple[str, ...]) -> None:
    """Refuse to take along indexes and constraints that other columns need too, unless they were named."""
    mine = set(names)
    shared = [i.name for i in table.indexes if i.constraint is None and _is_shared(i.columns, mine)]
    shared += [c.name for c in table.constraints if _is_shared(table.held_columns(c), mine)]
    silent = [name for name in dict.fromkeys(shared) if name not in also_drop]
    if silent:
        raise RecipeRefused(
            f"These use other columns of {table.name} too and would go with {', '.join(names)}: {', '.join(silent)}.",
            "Name each with --also-drop to drop it, or replace it first.",
        )


def _is_shared(columns: tuple[str, ...], mine: set[str]) -> bool:
    return not mine.isdisjoint(columns) and not mine.issuperset(columns)


def check_alterable(schema: Schema, table: Table, column: Column) -> None:
    """Refuse a column whose type the server would not change: something outside the table was made for the old one."""
    if any(column.name in part.partition_key for part in (table, *schema.descendants(table.name))):
        raise RecipeRefused(
            f"{table.name}.{column.name} is part of the partition key.", "Move the rows to a new table instead."
        )
    if column.is_generated:
        raise RecipeRefused(
            f"{table.name}.{column.name} is a generated column.", "Drop it and add it again: migrator new drop-column."
        )
    found = [d for d in schema.dependents_of(table.name, column.name) if d.kind != "statistics"]
    if found:
        words = ", ".join(f"{d.kind} {d.name}" if d.column else f"{d.kind} {d.name} (may use it)" for d in found)
        raise RecipeRefused(
            f"The server does not change the type of {table.name}.{column.name} while these use it: {words}.",
            "Drop each, change the type, and make it again, in one transaction of a custom migration; or change them"
            " first so that none names the column. With --to NAME a second column takes its place, and views go along."
            " --dsn tells exactly which columns a view uses.",
        )
