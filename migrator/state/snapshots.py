"""The catalog as it was when somebody last vouched for it: what `migrator drift` compares with.

`migrator drift --record` takes all of it. A migration's state change takes only what the migration changes, so that
what others did elsewhere stays visible as drift. Plain functions on a connection; `Store` calls them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from migrator.names import TableName
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.objects import CatalogObject, read_objects
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class Snapshot:
    """When, by whom and why the catalog was recorded, and every object of it."""

    recorded_at: datetime
    actor: str
    reason: str
    objects: tuple[CatalogObject, ...]


def find(connection: Connection) -> Snapshot | None:
    """Return the snapshot, or None when none was recorded."""
    row = connection.execute(_sql("read")).fetchone()
    if row is None:
        return None
    return Snapshot(**row, objects=tuple(CatalogObject(**found) for found in connection.execute(_sql("objects"))))


def record(connection: Connection, actor: str, reason: str) -> int:
    """Take the whole catalog as it is now; return how many objects it has."""
    with connection.transaction():
        connection.execute(_sql("record"), {"actor": actor, "reason": reason})
        return _write(connection, None)


def refresh(connection: Connection, actor: str, reason: str, owners: Iterable[TableName]) -> str | None:
    """Take these owners as they are now; without a snapshot take everything, as the first state of it.

    A table that somebody locks exclusively cannot be read now: then the snapshot stays as it is and the server's words
    come back, because the caller's state change must not wait for it. `drift` shows the rest until the next refresh.
    """
    asked = list(owners)
    try:
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '1s'")
            if connection.execute(_sql("read")).fetchone() is None:
                record(connection, actor, reason)
            elif asked:
                _write(connection, asked)
    except DatabaseError as exc:
        if connection.closed:
            raise
        return str(exc).strip() or type(exc).__name__
    return None


def _write(connection: Connection, owners: list[TableName] | None) -> int:
    found = read_objects(connection, owners)
    every = None if owners is None else sorted({*owners, *(item.owner for item in found)})
    asked = {
        "schemas": None if every is None else [owner.schema for owner in every],
        "names": None if every is None else [owner.name for owner in every],
    }
    connection.execute(_sql("forget"), asked)
    connection.execute(
        _sql("keep"),
        {
            "kinds": [item.kind for item in found],
            "schemas": [item.owner_schema for item in found],
            "owners": [item.owner_name for item in found],
            "names": [item.name for item in found],
            "definitions": [item.definition for item in found],
        },
    )
    return len(found)


def _sql(name: str) -> bytes:
    return query(f"snapshots.{name}", "migrator.state")
