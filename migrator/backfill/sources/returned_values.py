"""What a Python function returned, as parameters of the statement that writes it: one array per column.

Values of one Python type go as the driver's array, which is quick. Values of several (a float among integers, a time
with a zone among some without), and those of array columns, go as text, which the server reads as the column's type.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrator.errors import InputError
from migrator.names import TableName
from migrator.pg.driver import Connection, Jsonb, sql
from migrator.pg.fragment import TypeName
from migrator.pg.queries import query
from migrator.pg.value_texts import texts_of


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is written."""

    name: str
    type: TypeName
    """Without a length: a value that is too long must be refused, and an explicit cast would cut it off."""
    is_array: bool
    is_json: bool


@dataclass(frozen=True, slots=True)
class Values:
    """A column's values as one parameter, and how the statement takes it."""

    column: Column
    parameter: object
    is_text: bool

    @property
    def array(self) -> sql.Composable:
        """The parameter as an array of the statement."""
        return sql.SQL("%s::text[]") if self.is_text else sql.SQL("%s::{}[]").format(self.column.type)

    def assignment(self, made: sql.Identifier) -> sql.Composable:
        """Return what sets the column to the element of the array, a column of `made`."""
        name = without_placeholder(self.column.name)
        new = sql.SQL("{}.{}").format(made, name)
        if self.is_text:
            new = sql.SQL("CAST({} AS {})").format(new, self.column.type)
        return sql.SQL("{} = {}").format(name, new)


@dataclass(frozen=True, slots=True)
class Target:
    """The table that is written, as far as its rows' values need it."""

    columns: Mapping[str, Column]
    has_children: bool
    """Whether partitions or child tables hold rows of it: each has rows at the same places."""


def read_target(connection: Connection, oid: int, table: TableName, names: tuple[str, ...]) -> Target:
    """Return the columns that are written.

    Raises:
        InputError: the table has no such column.
    """
    rows = connection.execute(query("batches.written_types", "migrator.backfill"), {"table": oid}).fetchall()
    found = {
        row["column"]: Column(row["column"], _escaped(row["type"]), row["is_array"], row["is_json"]) for row in rows
    }
    missing = [name for name in names if name not in found]
    if missing:
        raise InputError(f"{table} has no column {', '.join(missing)}.", "Correct `writes`, or run expand.")
    return Target({name: found[name] for name in names}, any(row["has_children"] for row in rows))


def as_arrays(connection: Connection, column: Column, values: list[Any]) -> Values:
    """Return the values in the quickest way; integers go as one text, several times quicker than one by one."""
    if column.is_json:
        return Values(column, [None if value is None else Jsonb(value) for value in values], is_text=False)
    if column.is_array:
        return as_texts(connection, column, values)
    if set(map(type, values)) == {int}:
        return Values(column, "{" + ",".join(map(str, values)) + "}", is_text=False)
    return Values(column, values, is_text=False)


def as_texts(connection: Connection, column: Column, values: list[Any]) -> Values:
    """Return the values as texts that the server reads, each by itself."""
    if column.is_json:
        return as_arrays(connection, column, values)
    return Values(column, texts_of(connection, values), is_text=True)


def without_placeholder(*names: str) -> sql.Identifier:
    """Return a name for a statement with parameters, where a `%` would start a placeholder."""
    return sql.Identifier(*(name.replace("%", "%%") for name in names))


def _escaped(type_name: str) -> TypeName:
    return TypeName(type_name.replace("%", "%%"))
