"""Backfills and known replicas in the state tables: plain functions on a connection, one query each.

Called by the runner, by verification, and by the service functions of `migrator.backfill.control`; the places of
ranges are in `migrator.state.ranges`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.errors import LeaseLost
from migrator.pg.driver import Connection, Jsonb, Row
from migrator.pg.queries import query
from migrator.state.places import Advance, Key, Place, Window

__all__ = ["Advance", "BackfillRecord", "Key", "Place", "Standing", "Window"]


@dataclass(frozen=True, slots=True)
class BackfillRecord:
    """One row of `migrator.backfill`; `state` is pending, running, finished or verified."""

    migration: str
    name: str
    spec_sha256: str
    state: str
    checkpoint: Key | None
    """The last key whose batch is committed; None before the first."""
    end_key: Key | None
    """The last key that existed at the start; None for an empty table."""
    rows_done: int
    keys_done: int
    rows_estimate: int | None
    batch_size: int | None
    remaining: int | None
    different: int | None
    part: str | None = None
    """The partition that is walked; None for a table without partitions."""
    window: Window | None = None

    @property
    def place(self) -> Place:
        """Where the walk stands."""
        return Place(self.checkpoint, self.window)

    @property
    def is_done(self) -> bool:
        """Whether every key was passed and the table analysed."""
        return self.state in ("finished", "verified")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a ledger knows after a lost connection: the place, and the counts of the whole backfill."""

    place: Place
    rows_done: int
    keys_done: int
    range_rows: int = 0
    """Rows done in the range, by whomever."""


def register(connection: Connection, migration: str, name: str, spec: Mapping[str, object], checksum: str) -> None:
    """Write the backfill as pending unless it is there; a pending one takes the specification as it is now."""
    values = {"spec": Jsonb(spec), "checksum": checksum}
    connection.execute(_sql("register"), {"migration": migration, "name": name, **values})


def find(connection: Connection, migration: str, name: str) -> BackfillRecord | None:
    """Return the record, or None."""
    row = connection.execute(_sql("read"), {"migration": migration, "name": name}).fetchone()
    return _record(row) if row else None


def read(connection: Connection, migration: str, name: str) -> BackfillRecord:
    """Return the record.

    Raises:
        LeaseLost: somebody deleted it while we were at work.
    """
    return _present(connection.execute(_sql("read"), {"migration": migration, "name": name}).fetchone(), name)


def begin(
    connection: Connection,
    migration: str,
    name: str,
    end_key: Key | None,
    rows_estimate: int | None,
    walked: Mapping[str, object],
) -> None:
    """Fix the end, and by which key each part is walked, and set the state to running, if it is pending."""
    values = {"end_key": _json(end_key), "rows_estimate": rows_estimate, "walked": Jsonb(walked)}
    connection.execute(_sql("begin"), {"migration": migration, "name": name, **values})


def walked(connection: Connection, migration: str, name: str) -> tuple[Mapping[str, Mapping[str, object]], bool]:
    """Return by which key each part was walked at the beginning, and whether the database was restored since then."""
    row = connection.execute(_sql("walked"), {"migration": migration, "name": name}).fetchone()
    return (row["walked"], bool(row["is_restored"])) if row else ({}, False)


def place_values(step: Advance) -> dict[str, object]:
    """Return the parameters of a query that moves a place from where the batch began, for its transaction."""
    return {
        "old": _json(step.old.checkpoint),
        "old_window": _window(step.old.window),
        "new": _json(step.new.checkpoint),
        "new_window": _window(step.new.window),
        "keys": step.keys,
        "rows": step.rows,
    }


def beat(connection: Connection, migration: str, name: str, reason: str | None) -> None:
    """Say that the runner lives, and why it waits (None: it does not)."""
    connection.execute(_sql("beat"), {"migration": migration, "name": name, "reason": reason})


def record_verification(
    connection: Connection,
    migration: str,
    name: str,
    remaining: int,
    different: int,
    *,
    is_clean: bool,
    detail: Mapping[str, object],
) -> None:
    """Store what verification counted, and how; the state is verified when it is clean."""
    values = {"remaining": remaining, "different": different, "is_clean": is_clean, "detail": Jsonb(detail)}
    connection.execute(_sql("record_verification"), {"migration": migration, "name": name, **values})


def record_sample(connection: Connection, migration: str, name: str, detail: Mapping[str, object]) -> None:
    """Store that a part of the table was looked at and found right: no proof, and nothing against an earlier one."""
    connection.execute(_sql("record_sample"), {"migration": migration, "name": name, "detail": Jsonb(detail)})


def status(connection: Connection, migration: str | None) -> tuple[Row, ...]:
    """Return all columns of the backfills of one migration or of all, with `heartbeat_age_seconds`."""
    return tuple(connection.execute(_sql("status"), {"migration": migration}))


def known_replicas(connection: Connection) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the replicas that must be there, and of those that an operator gave up."""
    rows = connection.execute(_sql("replicas")).fetchall()
    expected = frozenset(row["name"] for row in rows if not row["is_forgotten"])
    return expected, frozenset(row["name"] for row in rows if row["is_forgotten"])


def saw_replica(connection: Connection, name: str) -> None:
    """Record that a replica is connected: from now on its absence is a reason to wait."""
    connection.execute(_sql("saw_replica"), {"name": name})


def forget_replica(connection: Connection, name: str, actor: str) -> None:
    """Record that a replica was taken away on purpose."""
    connection.execute(_sql("forget_replica"), {"name": name, "actor": actor})


def _sql(name: str) -> bytes:
    return query(f"backfills.{name}", "migrator.state")


def _json(key: Key | None) -> Jsonb | None:
    return None if key is None else Jsonb(list(key))


def _window(window: Window | None) -> Jsonb | None:
    return None if window is None else Jsonb(window.stored())


def _present(row: Row | None, name: str) -> BackfillRecord:
    if row is None:
        raise LeaseLost(f"The record of backfill {name} vanished.", "Check who deletes rows of schema migrator.")
    return _record(row)


def _record(row: Row) -> BackfillRecord:
    keys = {column: tuple(row[column]) if row[column] is not None else None for column in ("checkpoint", "end_key")}
    window = row["key_window"]
    values: Row = {**row, **keys, "window": None if window is None else Window.read(window)}
    del values["key_window"]
    return BackfillRecord(**values)
