"""The queries that every application has for a table, from the columns that its code knows."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.recipes.workload import Action, Code, delete, insert, read, update, upsert

NOTHING: Mapping[str, object] = {}
NO_COLUMNS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Column:
    """A column as code reads and writes it."""

    name: str
    type: str = ""
    """Written with this cast, and read as text: for types that Python does not give back as they were sent."""
    reads: str = ""
    """The expression that is read instead, of the table `t`."""

    @property
    def shown(self) -> str:
        """What is read."""
        return self.reads or f"t.{self.name}{'::text' * bool(self.type)}"

    def written(self, value: str) -> str:
        """Return the parameter."""
        return f"%({value})s{'::' * bool(self.type)}{self.type}"


def crud(
    table: str,
    columns: Mapping[str, str | Column],
    *more: Action,
    key: str = "id",
    leaves: Mapping[str, object] = NOTHING,
    computed: Mapping[str, str] = NO_COLUMNS,
    only_read: Mapping[str, str | Column] = NO_COLUMNS,
) -> Code:
    """Return code that reads, joins, inserts, upserts, deletes, and updates all columns that it knows.

    Args:
        table: as written in SQL.
        columns: the name of each value -> its column.
        more: what else this application does.
        key: the primary key's column.
        leaves: what an insert leaves in values that this code does not know.
        computed: further columns of the primary key -> what is inserted, an expression of `%(key)s`.
        only_read: the name of each value that this code never writes -> its column.
    """
    known, readable = _as_columns(columns), _as_columns({**columns, **only_read})
    shown = ", ".join(f"{column.shown} AS {value}" for value, column in readable.items())
    names = ", ".join(column.name for column in known.values())
    values = ", ".join(column.written(value) for value, column in known.items())
    pairs = ", ".join(f"{column.name} = {column.written(value)}" for value, column in known.items())
    again = ", ".join(f"{column.name} = excluded.{column.name}" for column in known.values())
    keys, key_values = ", ".join((key, *computed)), ", ".join(("%(key)s", *computed.values()))
    into = f"INSERT INTO {table} AS t ({keys}, {names}) VALUES ({key_values}, {values})"
    on_conflict = f"ON CONFLICT ({keys}) DO UPDATE SET {again}"
    return Code(
        f"SELECT t.{key} AS key, {shown} FROM {table} t",
        (
            read(f"SELECT {shown} FROM {table} t WHERE t.{key} = %(key)s"),
            read(f"SELECT {shown} FROM {table} t JOIN {table} o ON o.{key} = t.{key} WHERE o.{key} = %(key)s"),
            update(f"UPDATE {table} t SET {pairs} WHERE t.{key} = %(key)s RETURNING {shown}"),
            insert(into, **leaves),
            upsert(f"{into} {on_conflict} RETURNING {shown}", **leaves),
            delete(f"DELETE FROM {table} WHERE {key} = %(key)s"),
            *more,
        ),
    )


def _as_columns(columns: Mapping[str, str | Column]) -> dict[str, Column]:
    return {value: Column(column) if isinstance(column, str) else column for value, column in columns.items()}
