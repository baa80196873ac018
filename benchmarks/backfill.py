"""The backfill beside one single UPDATE of the whole table: ratios within one run, medians of a few.

    python benchmarks/backfill.py --rows 2000000 --repeat 3 --format json

Runs on a sandbox of its own (primary and replica), with checkpoints, lag checks and events, and no limit that holds
it back. Throughput 1.0 means as fast as the single UPDATE, which makes every writer of a touched row wait until its
end; growth is of the table's file, wal a part of the single UPDATE's. Each single UPDATE is followed by the runs that
it is compared with, so that a load of the machine that comes and goes meets both. p99 is what an application feels
beside the backfill with default settings, against the application alone (`benchmarks/foreground.py`).
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from migrator.backfill.request import BackfillRequest
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.clock import SystemClock
from migrator.events import Events
from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from migrator.state.install import install

SERVER = {"wal_level": "replica", "shared_buffers": "128MB", "max_wal_size": "4GB"}
"""A server as reference figures are measured on. With wal_level = logical an UPDATE logs the whole new row even where
it is done in place, so stripes save less WAL: that figure is `wal_logical`."""
UNLIMITED = {"max_lag": "1h"}
BY_SQL = {"table": "bench", "set": {"filled": "value + 1"}, "limits": UNLIMITED}
BY_PYTHON = {
    "table": "bench",
    "python": "benchmarks.backfill:filled",
    "reads": ["value"],
    "writes": ["filled"],
    "limits": UNLIMITED,
}


def filled(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, int]]:
    """Return what the SQL expression returns."""
    return [{"filled": row["value"] + 1} for row in rows]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of filling the column took."""

    seconds: float
    growth: float
    wal_bytes: int


def make_table(connection: Connection, rows: int, *, indexes: int) -> None:
    """Make the table anew: rows of about 150 bytes, a bigint key, `indexes` secondary indexes."""
    connection.execute("DROP TABLE IF EXISTS bench")
    connection.execute("CREATE TABLE bench (id bigint PRIMARY KEY, value bigint, filler text, filled bigint)")
    insert = "INSERT INTO bench SELECT g, g * 7, repeat(md5(g::text), 3), NULL FROM generate_series(1, %s) g"
    connection.execute(insert.encode(), [rows])
    for number in range(indexes):
        connection.execute(f"CREATE INDEX ON bench (value, ((id + {number}) % 97))".encode())
    connection.execute("VACUUM (ANALYZE) bench")
    connection.execute("CHECKPOINT")


def measured(cluster: Cluster, rows: int, indexes: int, fill: Callable[[Connection], float]) -> Cost:
    """Return the cost of filling a fresh table."""
    with connect(cluster.primary.dsn) as connection:
        make_table(connection, rows, indexes=indexes)
        cluster.wait_caught_up(600)
        before, wal_before = _table_bytes(connection), _wal_position(connection)
        seconds = fill(connection)
        cost = Cost(seconds, _table_bytes(connection) / before, _wal_position(connection) - wal_before)
        row = connection.execute("SELECT count(*) AS n FROM bench WHERE filled IS DISTINCT FROM value + 1").fetchone()
        assert row == {"n": 0}, "a benchmark of a wrong result measures nothing"
        return cost


def single_update(connection: Connection) -> float:
    """Return the seconds of one statement over the whole table."""
    clock = SystemClock()
    started = clock.monotonic()
    connection.execute("UPDATE bench SET filled = value + 1")
    return clock.monotonic() - started


def backfill(dsn: str, spec: Mapping[str, object], workers: int, connection: Connection) -> float:
    """Return the seconds of the runner over the whole table, ANALYZE at the end included."""
    connection.execute("DELETE FROM migrator.backfill")
    request = BackfillRequest(
        connect=partial(connect, dsn),
        migration="bench",
        spec=BackfillSpec.model_validate(spec),
        clock=SystemClock(),
        events=Events(),
    )
    return BackfillRunner(request, workers).run().seconds


def compare(cluster: Cluster, rows: int, repeat: int) -> dict[str, float]:
    """Return the medians of all ratios of cost."""
    found: dict[str, list[float]] = {}
    for _ in range(repeat):
        for suffix, indexes in (("", 0), ("_indexed", 2)):
            for name, value in _one_round(cluster, rows, indexes).items():
                found.setdefault(name + suffix, []).append(value)
    return {name: round(median(values), 2) for name, values in found.items()}


def _one_round(cluster: Cluster, rows: int, indexes: int) -> dict[str, float]:
    dsn = cluster.primary.dsn
    single = measured(cluster, rows, indexes, single_update)
    one = measured(cluster, rows, indexes, partial(backfill, dsn, BY_SQL, 1))
    two = measured(cluster, rows, indexes, partial(backfill, dsn, BY_SQL, 2))
    ratios = {
        "throughput_1": single.seconds / one.seconds,
        "throughput_2": single.seconds / two.seconds,
        "growth": one.growth,
        "growth_2": two.growth,
        "growth_single": single.growth,
        "wal": one.wal_bytes / single.wal_bytes,
        "wal_2": two.wal_bytes / single.wal_bytes,
    }
    if indexes == 0:
        python = measured(cluster, rows, indexes, partial(backfill, dsn, BY_PYTHON, 1))
        ratios["python"] = one.seconds / python.seconds
    return ratios


def prepare(cluster: Cluster) -> None:
    """Give the server its settings, and install our schema."""
    with connect(cluster.primary.dsn) as connection:
        for name, value in SERVER.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
    cluster.primary.restart()
    cluster.wait_caught_up(60)
    with connect(cluster.primary.dsn) as connection:
        install(connection)
        connection.execute("INSERT INTO migrator.migration (id, state, manifest) VALUES ('bench', 'migrating', '{}')")


def _table_bytes(connection: Connection) -> int:
    row = connection.execute("SELECT pg_relation_size('bench') AS bytes").fetchone()
    return int(row["bytes"]) if row else 0


def _wal_position(connection: Connection) -> int:
    row = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS bytes").fetchone()
    return int(row["bytes"]) if row else 0


def main() -> None:
    """Measure and print."""
    sys.path.insert(0, str(Path(__file__).parents[1]))  # the Python function is imported by its name
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    from benchmarks import foreground

    with Cluster() as cluster:
        prepare(cluster)
        ratios = compare(cluster, options.rows, options.repeat)
        ratios |= foreground.compare(cluster, options.rows, options.repeat)
    if options.format == "json":
        print(json.dumps({"rows": options.rows, "repeat": options.repeat, "ratios": ratios}, indent=2))
    else:
        print("\n".join(f"{name:24} {value}" for name, value in ratios.items()))


if __name__ == "__main__":
    main()
