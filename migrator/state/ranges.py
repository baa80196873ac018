"""The ranges of a backfill in the state tables, and the leases on them: plain functions, one query each.

A range is worked by whoever holds its newest fencing token. Leases expire by the server's clock, so that hosts whose
clocks differ agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.pg.driver import Connection, Jsonb, Row
from migrator.pg.queries import query
from migrator.state.backfills import place_values
from migrator.state.places import Advance, Key, Place, Window


@dataclass(frozen=True, slots=True)
class NewRange:
    """A range to be added: the keys after `lo` (None: from the first) up to `hi`, done up to the place."""

    part: str | None
    lo: Key | None
    hi: Key
    place: Place


@dataclass(frozen=True, slots=True)
class OpenRange:
    """A range that is not done."""

    id: int
    part: str | None
    hi: Key
    place: Place
    batch_size: int | None
    fence: int = 0
    """The token of the lease under which it was read; 0: it was only looked at."""
    attempts: int = 0
    rows_done: int = 0

    @property
    def begun(self) -> Key | None:
        """The key up to which its worker has begun: only behind it can the range be cut."""
        return self.place.checkpoint if self.place.window is None else self.place.window.upto


@dataclass(frozen=True, slots=True)
class Totals:
    """What all workers together have done."""

    state: str
    rows_done: int
    keys_done: int
    ranges_open: int


@dataclass(frozen=True, slots=True)
class Undivided:
    """A backfill whose place is in its own row: it has just begun, or a runner of an older version worked on it."""

    state: str
    is_shared: bool
    part: str | None
    place: Place
    end_key: Key | None


def take_turn(connection: Connection, migration: str, name: str) -> Undivided | None:
    """Lock the backfill's row to the end of the transaction and return what is in it."""
    row = _one(connection, "take_turn", {"migration": migration, "name": name})
    if row is None:
        return None
    end = None if row["end_key"] is None else tuple(row["end_key"])
    return Undivided(row["state"], row["is_shared"], row["part"], _place(row), end)


def share(connection: Connection, migration: str, name: str, ranges: Sequence[NewRange]) -> None:
    """Divide the backfill into these ranges; its own place is no longer used."""
    backfill = {"migration": migration, "name": name}
    for position, new in enumerate(ranges):
        window = None if new.place.window is None else Jsonb(new.place.window.stored())
        keys = {"lo": _json(new.lo), "hi": _json(new.hi), "checkpoint": _json(new.place.checkpoint)}
        values = {"position": position, "part": new.part, "key_window": window, **keys}
        connection.execute(_sql("add"), backfill | values)
    connection.execute(_sql("share"), backfill)


def claim(connection: Connection, migration: str, name: str, owner: str, seconds: float) -> OpenRange | None:
    """Lease a range that is free or whose lease has expired; None when there is none."""
    row = _one(connection, "claim", {"migration": migration, "name": name, "owner": owner, "seconds": seconds})
    return _range(row) if row else None


def hold(connection: Connection, range_id: int, fence: int, seconds: float) -> Key | None:
    """Take the range for this transaction and return its end, which may have moved; None: it is no longer ours."""
    row = _one(connection, "hold", {"id": range_id, "fence": fence, "seconds": seconds})
    return tuple(row["hi"]) if row else None


def advance(connection: Connection, range_id: int, fence: int, seconds: float, step: Advance) -> bool:
    """Move the place in the batch's transaction; return False when the range is no longer ours."""
    values = {"id": range_id, "fence": fence, "seconds": seconds, "batch_size": step.batch_size}
    return connection.execute(_sql("advance"), values | place_values(step)).rowcount == 1


def read_settled(connection: Connection, range_id: int, fence: int) -> tuple[Place, int] | None:
    """Return the place and the rows done when a COMMIT that may be under way has ended; None: it is no longer ours."""
    row = _one(connection, "read_settled", {"id": range_id, "fence": fence})
    return (_place(row), row["rows_done"]) if row else None


def renew(connection: Connection, leases: Sequence[tuple[int, int]], seconds: float) -> None:
    """Prolong leases, given as range and fence, that are still ours."""
    ids, fences = [range_id for range_id, _ in leases], [fence for _, fence in leases]
    connection.execute(_sql("renew"), {"ids": ids, "fences": fences, "seconds": seconds})


def release(connection: Connection, range_id: int, fence: int) -> None:
    """Give the lease back."""
    connection.execute(_sql("release"), {"id": range_id, "fence": fence})


def give_up(connection: Connection, range_id: int, fence: int) -> None:
    """Close a range that nobody can work on, because its partition is gone."""
    connection.execute(_sql("give_up"), {"id": range_id, "fence": fence})


def open_ranges(connection: Connection, migration: str, name: str) -> tuple[OpenRange, ...]:
    """Return what is not done."""
    rows = connection.execute(_sql("open"), {"migration": migration, "name": name})
    return tuple(_range(row) for row in rows)


def lock_open(connection: Connection, range_id: int) -> OpenRange | None:
    """Lock an open range to the end of the transaction; None when it is done."""
    row = _one(connection, "lock_open", {"id": range_id})
    return _range(row) if row else None


def cut(connection: Connection, range_id: int, hi: Key) -> None:
    """Let the range end here; the rest becomes a range that anybody may lease."""
    connection.execute(_sql("cut"), {"id": range_id, "hi": _json(hi)})


def totals(connection: Connection, migration: str, name: str) -> Totals | None:
    """Return what was done so far; None when the record is gone."""
    row = _one(connection, "totals", {"migration": migration, "name": name})
    return Totals(**row) if row else None


def try_end(connection: Connection, migration: str, name: str) -> bool:
    """Return whether this transaction is the one that ends the backfill."""
    row = _one(connection, "try_end", {"migration": migration, "name": name})
    return bool(row and row["got"])


def finish(connection: Connection, migration: str, name: str) -> None:
    """Set the state to finished and fold the ranges' counts into the backfill's."""
    connection.execute(_sql("finish"), {"migration": migration, "name": name})


def _one(connection: Connection, name: str, values: Row) -> Row | None:
    return connection.execute(_sql(name), values).fetchone()


def _sql(name: str) -> bytes:
    return query(f"ranges.{name}", "migrator.state")


def _json(key: Key | None) -> Jsonb | None:
    return None if key is None else Jsonb(list(key))


def _range(row: Row) -> OpenRange:
    size, fence, attempts = row["batch_size"], row.get("lease_fence", 0), row.get("attempts", 0)
    rows = row.get("rows_done", 0)
    return OpenRange(row["id"], row["part"], tuple(row["hi"]), _place(row), size, fence, attempts, rows)


def _place(row: Row) -> Place:
    checkpoint = None if row["checkpoint"] is None else tuple(row["checkpoint"])
    return Place(checkpoint, None if row["key_window"] is None else Window.read(row["key_window"]))
