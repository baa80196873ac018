"""What operators ask of backfills, in the state tables: plain functions on a connection, one query each.

Written by the service functions of `migrator.backfill.control`, read by every run before each batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migrator.pg.driver import Connection, Jsonb, Row
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class Orders:
    """What is asked of one backfill at this moment; None: nothing of the kind."""

    pause: str | None = None
    cancelled: str | None = None
    panic: str | None = None
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    bytes_at_start: int | None = None


def read(connection: Connection, migration: str, name: str) -> Orders:
    """Return what is asked of the backfill; nothing of one that has not begun."""
    row = connection.execute(_sql("read"), {"migration": migration, "name": name}).fetchone()
    if row is None:
        return Orders()
    return Orders(row["operator_pause"], row["cancelled"], row["panic"], row["params"], row["bytes_at_start"])


def targets(connection: Connection, target: str, name: str | None) -> tuple[Row, ...]:
    """Return the backfills that an operator may mean, the best match first."""
    return tuple(connection.execute(_sql("targets"), {"target": target, "name": name}))


def set_pause(connection: Connection, migration: str, names: Sequence[str], reason: str | None) -> None:
    """Pause, or let go on (None) what was paused or cancelled."""
    connection.execute(_sql("set_pause"), {"migration": migration, "names": list(names), "reason": reason})


def set_cancelled(connection: Connection, migration: str, names: Sequence[str], reason: str) -> None:
    """End the runs, and keep others from beginning."""
    connection.execute(_sql("set_cancelled"), {"migration": migration, "names": list(names), "reason": reason})


def restart(connection: Connection, migration: str, names: Sequence[str]) -> tuple[str, ...]:
    """Forget what the backfills have done; return those that had begun, had not ended, and have no worker."""
    rows = connection.execute(_sql("restart"), {"migration": migration, "names": list(names)})
    return tuple(row["name"] for row in rows)


def set_params(connection: Connection, migration: str, names: Sequence[str], params: Mapping[str, object]) -> Row:
    """Merge the values into those set before, None giving one back; return name -> all that is set now."""
    values = {"migration": migration, "names": list(names), "params": Jsonb(params)}
    return {row["name"]: row["params"] for row in connection.execute(_sql("set_params"), values)}


def panic(connection: Connection, reason: str) -> None:
    """Stop every backfill of this database."""
    connection.execute(_sql("panic"), {"reason": reason})


def calm(connection: Connection) -> str | None:
    """End the panic; return its reason, None when there was none."""
    row = connection.execute(_sql("calm")).fetchone()
    return row["reason"] if row else None


def panicking(connection: Connection) -> str | None:
    """Return why every backfill is stopped; None when they are not."""
    row = connection.execute(_sql("panicking")).fetchone()
    return row["reason"] if row else None


def remember_size(connection: Connection, migration: str, name: str, size: int) -> None:
    """Record the table's bytes, unless they were recorded before."""
    connection.execute(_sql("remember_size"), {"migration": migration, "name": name, "bytes": size})


def _sql(name: str) -> bytes:
    return query(f"orders.{name}", "migrator.state")
