"""Rows that a backfill has set aside, in the state tables: plain functions on a connection, one query each."""

from dataclasses import dataclass

from migrator.pg.driver import Connection, Jsonb, Row
from migrator.pg.queries import query
from migrator.state.places import Key


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that the server refused when it was alone in its batch."""

    part: str | None
    key: Key
    sqlstate: str
    error: str
    attempts: int = 1


def put(connection: Connection, migration: str, name: str, row: QuarantinedRow) -> None:
    """Set the row aside, or count one more attempt at it."""
    values = {"sqlstate": row.sqlstate, "error": row.error}
    connection.execute(_sql("put"), _place(migration, name, row) | values)


def take_out(connection: Connection, migration: str, name: str, row: QuarantinedRow) -> None:
    """Forget the row."""
    connection.execute(_sql("take_out"), _place(migration, name, row))


def counted(connection: Connection, migration: str, name: str) -> int:
    """Return how many rows are set aside."""
    row = connection.execute(_sql("counted"), {"migration": migration, "name": name}).fetchone()
    return int(row["rows"]) if row else 0


def listed(connection: Connection, migration: str | None, name: str | None = None, limit: int = 1000) -> list[Row]:
    """Return the rows set aside, with all columns."""
    return list(connection.execute(_sql("listed"), {"migration": migration, "name": name, "limit": limit}))


def of_backfill(connection: Connection, migration: str, name: str, limit: int) -> tuple[QuarantinedRow, ...]:
    """Return the rows that one backfill has set aside."""
    return tuple(
        QuarantinedRow(row["part"] or None, tuple(row["key"]), row["sqlstate"], row["error"], row["attempts"])
        for row in listed(connection, migration, name, limit)
    )


def _place(migration: str, name: str, row: QuarantinedRow) -> Row:
    return {"migration": migration, "name": name, "part": row.part or "", "key": Jsonb(list(row.key))}


def _sql(name: str) -> bytes:
    return query(f"quarantine.{name}", "migrator.state")
