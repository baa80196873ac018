"""Which columns hold the values of a key: the key's own, those of foreign keys that refer to it, and theirs in turn.

A part of `primary_key_to_bigint`: all of them become wide in one migration, because a foreign key between an integer
and a bigint casts at each check, and stops the wide end at the narrow one's largest number.
"""

from collections.abc import Callable, Iterator

from migrator.errors import RecipeRefused
from migrator.names import TableName
from migrator.recipes.target import find_column, find_table
from migrator.recipes.wide_table import Columns, twin_name
from migrator.schema.model import Column, Constraint, Schema, Table

NARROW = ("smallint", "integer")
_COMMAND = "migrator new primary-key-to-bigint --table"


def wide_columns(schema: Schema, root: Table, key: str, check: Callable[[Table, Column], None]) -> Columns:
    """Return every column that becomes wide with its twin's name, tables that are referred to before those that refer.

    Raises:
        RecipeRefused: the key follows another one that must be widened first, or `check` refuses a column.
    """
    _refuse_below(schema, root, key)
    pending = [(root, find_column(root, key))]
    wide: dict[TableName, dict[str, str]] = {}
    for table, column in pending:
        refuse_domain(schema, table, column)
        if column.name in wide.get(table.name, {}) or column.type not in NARROW:
            continue
        check(table, column)
        wide.setdefault(table.name, {})[column.name] = twin_name(table, column.name)
        for other, constraint in schema.referencing(table.name):
            ends = zip(constraint.columns, constraint.referenced_columns, strict=False)
            if names := [own for own, target in ends if target == column.name]:
                child = _child(schema, other, constraint, names[0])
                pending += [(child, find_column(child, name)) for name in names]
        # a second key that a referring column follows must be as wide as the first
        pending += _followed(schema, table, column)
    return _parents_first(schema, wide)


def refuse_domain(schema: Schema, table: Table, column: Column) -> None:
    """Refuse a column of a domain over an integer type: it would stay as narrow as its domain."""
    domain = next((d for name, d in schema.domains.items() if column.type in (str(name), f"public.{name.name}")), None)
    if domain is not None and domain.base in NARROW:
        raise RecipeRefused(
            f"{table.name}.{column.name} is of the domain {column.type} over {domain.base}, which stays as it is.",
            f"Leave the domain first, which reads no row: migrator new change-column-type --table {table.name} --column"
            f" {column.name} --type {domain.base}. A rule of the domain comes back with migrator new add-check.",
        )


def _child(schema: Schema, table: Table, key: Constraint, column: str) -> Table:
    if not (table.is_partitioned or table.is_partition):
        return find_table(schema, table.name)
    retype = (
        f"give {column} the wide type with migrator new change-column-type --table {table.name} --column {column}"
        " --type bigint --to NAME, which goes on partitioned tables, then "
    )
    raise RecipeRefused(
        f"The partitioned table {table.name} refers to {key.references} by {key.name}, which cannot be made again for"
        " a twin there.",
        f"Drop {key.name} first, {retype if find_column(table, column).type in NARROW else ''}widen the key, and add"
        " the foreign key again with migrator new add-foreign-key.",
    )


def _followed(schema: Schema, table: Table, column: Column) -> Iterator[tuple[Table, Column]]:
    """Yield the narrow columns of other tables that a column refers to."""
    for key in table.constraints:
        if key.references is None or key.references == table.name:
            continue
        name = dict(zip(key.columns, key.referenced_columns, strict=False)).get(column.name)
        parent = schema.table(key.references)
        found = parent.column(name) if parent is not None and name is not None else None
        if parent is not None and found is not None and found.type in NARROW:
            yield parent, found


def _refuse_below(schema: Schema, root: Table, key: str) -> None:
    """Refuse a key that follows another: the one at the top takes this one along, and not the other way."""
    chain = [(root, find_column(root, key))]
    tops: dict[TableName, None] = {}
    for table, column in chain:
        above = [end for end in _followed(schema, table, column) if end not in chain]
        chain += above
        if not any(_followed(schema, table, column)):
            tops[table.name] = None
    if not tops or root.name in tops:
        return
    parent, column = chain[1]
    first = next(iter(tops))
    raise RecipeRefused(
        f"{root.name}.{key} refers to {parent.name}.{column.name}, which is {column.type}: it cannot hold a larger"
        " number than that.",
        f"Begin at the top: {_COMMAND} {first}. It takes all that refer to it along, {root.name} too, in"
        " one migration.",
    )


def _parents_first(schema: Schema, wide: dict[TableName, dict[str, str]]) -> Columns:
    """Return the tables in an order in which each comes after those that it refers to; where they go in a circle, not.

    The contract swaps them from the last to the first: a key may grow only when all that refer to it can hold it.
    """
    done: dict[TableName, None] = dict.fromkeys([next(iter(wide))])

    def visit(name: TableName, below: tuple[TableName, ...]) -> None:
        table = schema.table(name)
        parents = [c.references for c in table.constraints if c.references] if table else []
        for parent in parents:
            if parent in wide and parent not in done and parent not in below:
                visit(parent, (*below, name))
        done[name] = None

    for name in wide:
        if name not in done:
            visit(name, (name,))
    return {name: wide[name] for name in done}
