"""Repeatable files in the state tables: what each was when it last ran. Plain functions on a connection."""

from dataclasses import dataclass
from datetime import datetime

from migrator.pg.driver import Connection
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class RepeatableRecord:
    """One row of `migrator.repeatable`."""

    name: str
    sha256: str
    applied_at: datetime
    actor: str
    runs: int


def recorded(connection: Connection) -> dict[str, RepeatableRecord]:
    """Return name -> record."""
    rows = connection.execute(query("repeatables.all", "migrator.state"))
    return {row["name"]: RepeatableRecord(**row) for row in rows}


def record(connection: Connection, name: str, sha256: str, actor: str) -> None:
    """Record that the file ran as it is now, in the transaction in which it ran."""
    values = {"name": name, "sha256": sha256, "actor": actor}
    connection.execute(query("repeatables.record", "migrator.state"), values)
