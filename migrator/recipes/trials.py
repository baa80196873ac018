"""Statements that try the expressions of a recipe before it has changed anything, and where a trigger looks for types.

PL/pgSQL reads an expression when it runs it first: a misspelt function, or a value that does not fit the column, would
break every write of old code, after the trigger is there. Here the server reads each expression, and computes nothing.
"""

from collections.abc import Iterator, Mapping

from migrator.errors import RecipeRefused
from migrator.names import TableName, quote
from migrator.recipes.column_copies import ColumnCopies
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.schema.expressions import definition_of, expression_text, parse_one, walk
from migrator.schema.facts.columns import compared_type
from migrator.schema.facts.type_change import read_type
from migrator.schema.model import Column, Constraint, Schema, Table
from migrator.statements.facts.volatility import called_name, is_known
from migrator.statements.parse import Node, deparse, pb


def trials(table: TableName, sync: SyncTrigger) -> tuple[str, ...]:
    """Return the statement that tries all expressions, once the new columns are there; plain columns need none."""
    formulas = {name: formula for name, formula in {**sync.up, **sync.down}.items() if not formula.is_column}
    return (fitting(table, {name: formula.text for name, formula in formulas.items()}),) if formulas else ()


def fitting(table: TableName, values: Mapping[str, str]) -> str:
    """Return the statement that fails when an expression cannot be read, or its value not be stored in its column."""
    pairs = ",\n    ".join(f"{quote(name)} = {text}" for name, text in values.items())
    update = f"UPDATE {table} SET\n    {pairs}\nWHERE false"
    return f"-- Reads the expressions and computes nothing: one that fits no column stops here.\nEXPLAIN {update}"


def _trial(expressions: str, source: str) -> str:
    """Return the query; lint does not know what a function of the user does, which here gets no row."""
    return _allowed(f"SELECT {expressions} FROM {source} LIMIT 0")  # noqa: S608 text of a file


def trial_of(query: Node) -> str:
    """Return the statement that reads a query and computes nothing."""
    return _allowed(f"EXPLAIN {deparse(query)}")


def _allowed(query: str) -> str:
    """Return the query, with a suppression where it calls what lint does not know."""
    calls = (part for part in walk(parse_one(query)) if isinstance(part, pb.FuncCall))
    if all(is_known(called_name(call)) for call in calls):
        return query
    return f"-- migrator: allow opaque-sql: it reads no row, and no function but an IMMUTABLE one can run\n{query}"


def schemas_of(*columns: Column) -> tuple[str, ...]:
    """Return the schemas of the columns' types that are not the server's own: their operators live there."""
    names = (column.type for column in columns if " " not in column.type.replace('"', "") and "." in column.type)
    found = (TableName.parse(name.partition("(")[0].removesuffix("[]")).schema for name in names)
    return tuple(dict.fromkeys(found))


def copy_trials(table: TableName, new: Column, copies: ColumnCopies) -> tuple[str, ...]:
    """Return queries that read the expressions of copied checks and indexes over a column of another type.

    Otherwise a check such as `amount <> ''` would fail over a number in migrate only, after the backfill.
    """
    adds = [str(copy.steps[0]) for copy in copies.checks]
    adds += [str(step) for copy in copies.indexes for step in copy.steps if str(step).startswith("CREATE ")]
    found = dict.fromkeys(text for add in adds for text in _expressions(parse_one(add)))
    row = f"(SELECT NULL::{new.type} AS {quote(new.name)}) AS new_row"
    return tuple(_trial(text, f"{table}, {row}") for text in found)


def _expressions(statement: Node) -> Iterator[str]:
    for command in statement.alter_table_stmt.cmds:
        yield expression_text(definition_of(command.alter_table_cmd).constraint.raw_expr)
    index = statement.index_stmt
    for element in index.index_params:
        if element.index_elem.HasField("expr"):
            yield expression_text(element.index_elem.expr)
    if index.HasField("where_clause"):
        yield expression_text(index.where_clause)


def check_retypable(schema: Schema, table: Table, old: Column, new: Column) -> None:
    """Refuse what hangs on a column in a way that only its present type allows."""
    for key in table.constraints:
        if key.references is not None and old.name in key.columns:
            _check_same_type(schema, key, schema.table(key.references) or Table(key.references), old, new)
    if read_type(old.type).base == read_type(new.type).base or {old.type, new.type} <= _WHOLE:
        return
    for index in table.indexes:
        elements = [node.index_elem for node in parse_one(index.definition).index_stmt.index_params]
        if any(element.opclass and element.name == old.name for element in elements):
            raise RecipeRefused(
                f"The index {index.name} uses an operator class of {old.type}.",
                "Drop it first, and make one for the new column with migrator new create-index.",
            )


def _check_same_type(schema: Schema, key: Constraint, parent: Table, old: Column, new: Column) -> None:
    """Refuse a type that the column at the other end of a foreign key has not: each check of the key would cast."""
    name = dict(zip(key.columns, key.referenced_columns, strict=False)).get(old.name, "")
    other = parent.column(name) or Column(name, old.type)  # a table that is not known has the key's type
    if compared_type(schema, other.type) == compared_type(schema, new.type):
        return
    situation = f"The foreign key {key.name} refers to {parent.name}.{other.name}, which is {other.type}"
    if other.type in _WHOLE and new.type == "bigint" and other.name in parent.primary_key:
        raise RecipeRefused(
            f"{situation}, not bigint.",
            f"Widen both: migrator new primary-key-to-bigint --table {parent.name} takes the columns that refer to it"
            " along.",
        )
    raise RecipeRefused(
        f"{situation}, not {new.type}.",
        "Drop it first; when both columns have the new type, add another with migrator new add-foreign-key.",
    )


_WHOLE = {"smallint", "integer", "bigint"}
