"""What pg_stat_statements showed, reading after reading: which statements ran since when, and what may be missed.

Two readings are compared: an entry with more calls ran in between. When entries were evicted, reset or lost in
between, nothing is certain of that time, and the certainty begins anew. Read by the gate `statements`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query
from migrator.pg.statements import Counted, Reading

_Key = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class WatchedServer:
    """A server that was read; from `since` on nothing can have been missed there."""

    name: str
    since: datetime
    broken_by: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Ran:
    """A statement that ran on a server, and the reading that showed it last."""

    server: str
    queryid: int
    role: str
    text: str | None
    grew_at: datetime


def record_reading(connection: Connection, server: str, reading: Reading) -> int:
    """Store a reading that has no problem; return how many entries have more calls than at the one before."""
    with connection.transaction():
        values = {"server": server, "dealloc": reading.dealloc, "stats_reset": reading.stats_reset}
        is_first = connection.execute(_sql("first"), values).rowcount == 1
        before = connection.execute(_sql("server"), values).fetchone() or Row()
        seen = {_row_key(row): row for row in connection.execute(_sql("seen"), values)}
        now = {_key(item): item for item in reading.statements if item.queryid is not None}
        if not is_first:
            broken_by = _break(before, seen, reading, now)
            connection.execute(_sql("advance"), {**values, "broken_by": broken_by})
        grown = [item for key, item in now.items() if key not in seen or item.calls != seen[key]["calls"]]
        connection.execute(_sql("grew"), {**values, **_columns(grown), "is_first": is_first})
        connection.execute(_sql("gone"), {**values, **_columns(now.values())})
        connection.execute(_sql("forget"), values)
        return len(grown)


def watched_servers(connection: Connection) -> dict[str, WatchedServer]:
    """Return every server that was ever read, by name."""
    return {row["name"]: WatchedServer(**row) for row in connection.execute(_sql("servers"))}


def ran_since(connection: Connection, since: datetime) -> tuple[Ran, ...]:
    """Return what ran after that moment, on any server."""
    return tuple(Ran(**row) for row in connection.execute(_sql("ran"), {"since": since}))


def known_replicas(connection: Connection) -> tuple[str, ...]:
    """Return the replicas that were seen once and that nobody has told to be gone."""
    return tuple(row["name"] for row in connection.execute(_sql("replicas")))


def _break(before: Row, seen: dict[_Key, Row], reading: Reading, now: dict[_Key, Counted]) -> str:
    """Say why something may have been missed since the reading before; empty when nothing can have been."""
    if before["stats_reset"] != reading.stats_reset:
        return "its statistics were reset or lost in a crash, or another server answers"
    if before["dealloc"] != reading.dealloc:
        return "entries were evicted; raise pg_stat_statements.max"
    lost = [key for key, row in seen.items() if row["calls"] > 0 and (key not in now or now[key].calls < row["calls"])]
    return f"the entry of query {lost[0][0]} was reset" if lost else ""


def _columns(items: Iterable[Counted]) -> dict[str, list[object]]:
    rows = list(items)
    return {
        "queryids": [item.queryid for item in rows],
        "roles": [item.role for item in rows],
        "toplevels": [item.is_toplevel for item in rows],
        "calls": [item.calls for item in rows],
        "texts": [item.text for item in rows],
    }


def _key(item: Counted) -> _Key:
    return (item.queryid or 0, item.role, item.is_toplevel)


def _row_key(row: Row) -> _Key:
    return (row["queryid"], row["role"], row["is_toplevel"])


def _sql(name: str) -> bytes:
    return query(f"statement_readings.{name}", "migrator.state")
