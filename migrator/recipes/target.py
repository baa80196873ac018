"""The table and the column that a recipe is about, or the reason why it cannot be done here.

Every refusal names what stands in the way and what to do; a recipe that goes on in doubt breaks somebody's night.
"""

from collections.abc import Iterable

from migrator.errors import RecipeRefused
from migrator.names import MAX_BYTES, TableName, literal
from migrator.recipes.dependent_views import way_with_materialized
from migrator.schema.model import Column, Index, Schema, Table
from migrator.schema.parts import Dependent

_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


def find_table(
    schema: Schema, name: TableName, *, partitioned: bool = False, part: bool = False, inherited: bool = False
) -> Table:
    """Return a table that is fully known: a plain one, or also a partitioned one, or also a partition.

    `inherited`: also one of a tree of INHERITS, for what each table there has for itself, such as its indexes.

    Raises:
        RecipeRefused: unknown, not fully known, or a part of a tree that the recipe cannot change.
    """
    table = schema.table(name)
    if table is None:
        where = "in the database" if schema.is_complete else "in the migrations folder"
        todo = "Correct the name." if schema.is_complete else "Correct the name, or give --dsn to ask the database."
        raise RecipeRefused(f"There is no table {name} {where}.", todo)
    if table.is_incomplete:
        raise RecipeRefused(
            f"The migrations folder does not tell all columns of {name}.", "Give --dsn to ask the database."
        )
    if table.is_partitioned and not partitioned:
        raise RecipeRefused(
            f"{name} is a partitioned table, which this recipe cannot change.",
            "Write the change by hand, partition by partition: migrator new custom.",
        )
    if table.parent is not None and not (part if table.is_partition else inherited):
        raise RecipeRefused(
            f"{name} inherits from (or is a partition of) {table.parent}.", "Change the parent, or detach it first."
        )
    children = ", ".join(str(child.name) for child in schema.children(name))
    if children and not table.is_partitioned and not inherited:
        raise RecipeRefused(f"Other tables inherit from {name}: {children}.", "End the inheritance first.")
    return table


def find_column(table: Table, name: str) -> Column:
    """Return the column.

    Raises:
        RecipeRefused: the table has no such column.
    """
    column = table.column(name)
    if column is None:
        known = ", ".join(column.name for column in table.columns)
        raise RecipeRefused(f"{table.name} has no column {name!r} (it has: {known}).", "Correct the name.")
    return column


def find_columns(table: Table, names: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns in the order asked.

    Raises:
        RecipeRefused: the table lacks one.
    """
    return tuple(find_column(table, name) for name in names)


def parts_of(schema: Schema, table: Table) -> tuple[Table, ...]:
    """Return the tables that store the rows: the table itself, or the lowest partitions of a partitioned one."""
    if not table.is_partitioned:
        return (table,)
    return tuple(part for child in schema.children(table.name) for part in parts_of(schema, child))


def row_holders(schema: Schema, table: Table) -> tuple[str, ...]:
    """Return the columns that hold whole rows of the table, as files and catalog tell: by its type or an array of it.

    While there is one, the server adds no column with a default or a formula, and changes no type, in one step.
    """
    types = {str(part.name) for part in (table, *schema.descendants(table.name))}
    columns = ((other, column) for other in schema.tables.values() for column in other.columns)
    return tuple(f"{other.name}.{c.name}" for other, c in columns if c.type.removesuffix("[]") in types)


def check_relation_name(schema: Schema, name: TableName) -> None:
    """Refuse a name that a new table, view or index cannot get: too long, or taken; they share one space."""
    check_length(name.name)
    if is_taken(schema, name):
        index = schema.index(name)
        by = f"an index of {index.table}" if index else "a table or view"
        raise RecipeRefused(f"The name {name} is taken ({by}).", "Give another name.")


def is_taken(schema: Schema, name: TableName) -> bool:
    """Return whether a table, view or index has the name."""
    return name in schema.tables or name in schema.views or schema.index(name) is not None


def check_constraint_name(table: Table, name: str) -> None:
    """Refuse a name that a new constraint of the table cannot get."""
    check_length(name)
    if any(constraint.name == name for constraint in table.constraints):
        raise RecipeRefused(f"{table.name} already has a constraint {name!r}.", "Give another name with --name.")


def check_length(name: str) -> None:
    """Refuse a name that the server would cut."""
    if len(name.encode()) > MAX_BYTES:
        raise RecipeRefused(
            f"The name {name!r} is longer than {MAX_BYTES} bytes: the server would cut it.", "Give a shorter one."
        )


def check_walkable(table: Table) -> None:
    """Refuse a table that a backfill cannot walk: without a key a batch has no boundaries."""
    if is_walkable(table):
        return
    raise RecipeRefused(
        f"{table.name} has no primary key and no unique index over NOT NULL columns, so its rows cannot be filled "
        "in batches.",
        "Add a key first: migrator new create-index --unique over columns that are NOT NULL; where there are none,"
        " migrator new add-column --type bigserial numbers the rows.",
    )


def is_walkable(table: Table) -> bool:
    """Whether the table has a key by which a backfill can go."""
    return bool(table.primary_key) or any(_is_key(table, index) for index in table.indexes)


def _is_key(table: Table, index: Index) -> bool:
    columns = [table.column(key) for key in index.keys]
    is_whole = index.is_unique and index.is_valid and index.predicate is None
    return is_whole and all(column is not None and column.is_not_null for column in columns)


def check_new_name(table: Table, name: str) -> None:
    """Refuse a name that the table cannot give to a new column."""
    if not name or "\0" in name:
        raise RecipeRefused("The new column has no usable name.", "Give it one.")
    check_length(name)
    if name in _SYSTEM_COLUMNS:
        raise RecipeRefused(f"{name} is a system column of every table.", "Choose another name.")
    if table.column(name) is not None:
        raise RecipeRefused(f"{table.name} already has a column {name!r}.", "Choose another name.")


def check_removable(schema: Schema, table: Table, column: Column, *, referenced: bool = False) -> None:
    """Refuse a column that cannot go without harm: keys, and what names it elsewhere."""
    name = f"{table.name}.{column.name}"
    if column.name in table.primary_key:
        raise RecipeRefused(
            f"{name} is part of the primary key.",
            "An integer key is widened with migrator new primary-key-to-bigint; any other change of it needs a new"
            " table.",
        )
    if not referenced:
        _refuse_references(schema, table, column)
    check_replaceable(schema, table, column)


def check_replaceable(schema: Schema, table: Table, column: Column, *, keeps_identity: bool = False) -> None:
    """Refuse a column whose place another cannot take even with all its keys: because of what names it elsewhere.

    `keeps_identity`: the copy of an index becomes the replica identity.
    """
    name = f"{table.name}.{column.name}"
    _refuse_dependents(schema, table, column)
    check_not_included(table, column)
    excluding = [c.name for c in table.constraints if c.kind == "exclusion" and column.name in c.columns]
    if excluding:
        raise RecipeRefused(
            f"The exclusion constraint {', '.join(excluding)} uses {name}; it cannot be rebuilt online.",
            "Drop it first, or move to a new table.",
        )
    identity = [i.name for i in table.indexes if i.is_replica_identity and column.name in i.columns]
    if identity and not keeps_identity:
        raise RecipeRefused(
            f"The index {identity[0]} on {name} is the table's replica identity.", "Choose another REPLICA IDENTITY."
        )
    invalid = [i.name for i in table.indexes if not i.is_valid and column.name in i.columns]
    if invalid:
        raise RecipeRefused(
            f"The index {', '.join(invalid)} on {name} is invalid (a build failed).",
            "Drop it with DROP INDEX CONCURRENTLY, or REINDEX it.",
        )


def check_not_included(table: Table, column: Column) -> None:
    """Refuse a column that the primary key's index INCLUDEs: DROP COLUMN would take the whole key along."""
    key = next((c for c in table.constraints if c.kind == "primary key"), None)
    if key and column.name in table.held_columns(key)[len(key.columns) :]:
        raise RecipeRefused(
            f"The primary key {key.name} of {table.name} stores {column.name} in its index (INCLUDE), and would go"
            " with it.",
            f"Make the key without it first: a unique index on {', '.join(key.columns)} (migrator new create-index"
            " --unique), then in one transaction DROP CONSTRAINT and ADD PRIMARY KEY USING INDEX.",
        )


def _refuse_references(schema: Schema, table: Table, column: Column) -> None:
    keys = [
        f"{constraint.name} of {other.name}"
        for other, constraint in schema.referencing(table.name)
        if column.name in constraint.referenced_columns
    ]
    if keys:
        raise RecipeRefused(
            f"Foreign keys refer to {table.name}.{column.name}: {', '.join(keys)}.",
            "Point them at another key first.",
        )


def _refuse_dependents(schema: Schema, table: Table, column: Column) -> None:
    found = schema.dependents_of(table.name, column.name)
    if not found:
        return
    words = _listed(f"{d.kind} {d.name}" if d.column else f"{d.kind} {d.name} (may use it)" for d in found)
    advice = [text for kind, text in _ADVICE.items() if any(kind == d.kind for d in found)]
    advice += _sql_of_views(found)
    advice += ["Give --dsn to ask the database which columns they use."] if any(not d.column for d in found) else []
    raise RecipeRefused(f"These depend on {table.name}.{column.name}: {words}.", " ".join(advice or [_OTHER_ADVICE]))


def _sql_of_views(found: Iterable[Dependent]) -> list[str]:
    """Return in words the statements that tell the text of each view, and take it away."""
    names = {d.name: (d.kind, TableName(*d.name.split(".", 1))) for d in found if d.kind.endswith("view")}
    views = [name for kind, name in names.values() if kind == "view"]
    texts = "; ".join(f"SELECT pg_get_viewdef({literal(str(name))}::regclass)" for name in views)
    drops = "; ".join(f"DROP VIEW {name}" for name in reversed(views))
    ways = [way_with_materialized(name) for kind, name in names.values() if kind != "view"]
    return [*([f"Keep the text: {texts}. Drop it: {drops}."] if views else []), *ways]


_ADVICE = {
    "view": "Redefine each view so that it does not name the column (CREATE OR REPLACE VIEW can put NULL or another"
    " column in its place), or drop it, and make it again over the new column after the change.",
    "policy": "Drop the policy and make it again over another column: a policy is true for old and new code alike.",
    "trigger": "Make the trigger again without naming the column in UPDATE OF or WHEN; its function may still read it.",
    "text search": "This trigger's function reads one column and misses what ours writes into it. Search by an index"
    " over to_tsvector(…) instead, which is made again for the new column, or let a function of your own read both.",
    "publication": "Publish the table without a list of columns and without a WHERE over this one, or take the column"
    " out of the list, unless it is of the key, without which UPDATE and DELETE are refused (ALTER PUBLICATION … SET"
    " TABLE); subscribers get the new column only when it is published, after they have it.",
    "statistics": "Drop the statistics object, and make it again over the new column after the change.",
    "generated column": "Drop the generated column, and add it again over the new one: migrator new"
    " add-generated-column.",
    "function": "Make the function again so that it does not name the column.",
    "rule": "Drop the rule: it is bound to the column.",
}
_OTHER_ADVICE = "Change or drop them first, so that none names the column."


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
