"""The history of a backfill's runs, in the state tables: who, where, which keys, and what it waited for."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.pg.driver import Connection, Jsonb, Row
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What a run has done so far; `throttled` holds seconds by throttle, those of all its workers together."""

    rows: int
    batches: int
    seconds: float
    throttled: Mapping[str, float]


def begin(connection: Connection, migration: str, name: str, actor: str, host: str, process: int) -> int:
    """Write the run and return its number."""
    values = {"migration": migration, "name": name, "actor": actor, "host": host, "process": process}
    row = connection.execute(_sql("begin"), values).fetchone() or {}
    return int(row["id"])


def update(connection: Connection, number: int, figures: RunFigures, outcome: str | None) -> None:
    """Write how far the run is; with an outcome it has ended."""
    throttled = {throttle: round(seconds, 3) for throttle, seconds in figures.throttled.items()}
    values = {"id": number, "rows": figures.rows, "batches": figures.batches, "seconds": figures.seconds}
    connection.execute(_sql("update"), values | {"throttled": Jsonb(throttled), "outcome": outcome})


def read(connection: Connection, migration: str | None, name: str | None, most: int) -> list[Row]:
    """Return the latest runs first."""
    return connection.execute(_sql("read"), {"migration": migration, "name": name, "most": most}).fetchall()


def _sql(name: str) -> bytes:
    return query(f"runs.{name}", "migrator.state")
