"""The catalog as it was when somebody last vouched for it: what `migrator drift` compares with.

`migrator drift --record` takes all of it. A migration's state change takes only what the migration changes, so that
what others did elsewhere stays visible as drift. Plain functions on a connection; `Store` calls them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from migrator.names import TableName
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.objects import STANDING, CatalogObject, read_objects, read_standing
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


def refresh_grants(connection: Connection, owners: Iterable[TableName]) -> None:
    """Take the privileges of these tables as they are now, in the transaction that changed them."""
    asked = list(owners)
    if asked and connection.execute(_sql("read")).fetchone() is not None:
        found = [item for item in read_standing(connection, asked) if item.kind in _GRANTS]
        _keep(connection, asked, found, list(_GRANTS))


_GRANTS = ("grants", "column grants")


def is_known(objects: Iterable[CatalogObject]) -> frozenset[TableName]:
    """Return the owners of a snapshot of which the kinds in `STANDING` were recorded: older versions did not look."""
    return frozenset(item.owner for item in objects if item.kind in STANDING)


def _write(connection: Connection, owners: list[TableName] | None) -> int:
    found = (*read_objects(connection, owners), *read_standing(connection, owners))
    every = None if owners is None else sorted({*owners, *(item.owner for item in found)})
    _keep(connection, every, found, None)
    return len(found)


def _keep(
    connection: Connection, owners: list[TableName] | None, found: Sequence[CatalogObject], kinds: list[str] | None
) -> None:
    asked = {
        "schemas": None if owners is None else [owner.schema for owner in owners],
        "names": None if owners is None else [owner.name for owner in owners],
        "only": kinds,
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


def _sql(name: str) -> bytes:
    return query(f"snapshots.{name}", "migrator.state")
