"""How fast the backfill is beside one single UPDATE of the whole table: ratios of one run, medians of a few.

    python benchmarks/backfill_speed.py --rows 200000 --repeat 3

Runs on a sandbox of its own (primary and replica), with checkpoints, lag checks and events, and no limit that holds
it back. 1.0 means as fast as the single UPDATE, which makes every writer of a touched row wait until its end.
"""

import argparse
import json
from functools import partial
from statistics import median

from migrator.backfill.request import BackfillRequest
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.clock import SystemClock
from migrator.events import Events
from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from migrator.state.install import install

SPEC = BackfillSpec.model_validate({"table": "bench", "set": {"filled": "value + 1"}, "limits": {"max_lag": "1h"}})


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


def single_update(connection: Connection) -> float:
    """Return the seconds of one statement over the whole table."""
    clock = SystemClock()
    started = clock.monotonic()
    connection.execute("UPDATE bench SET filled = value + 1")
    return clock.monotonic() - started


def backfill(connection: Connection, dsn: str) -> float:
    """Return the seconds of the runner over the whole table, ANALYZE at the end included."""
    connection.execute("DELETE FROM migrator.backfill")
    request = BackfillRequest(
        connect=partial(connect, dsn), migration="bench", spec=SPEC, clock=SystemClock(), events=Events()
    )
    result = BackfillRunner(request).run()
    row = connection.execute("SELECT count(*) AS left FROM bench WHERE filled IS DISTINCT FROM value + 1").fetchone()
    assert row == {"left": 0}, "a benchmark of a wrong result measures nothing"
    return result.seconds


def growth(connection: Connection, before: int) -> float:
    """Return how many times as large the table is as before."""
    return size(connection) / before


def size(connection: Connection) -> int:
    """Return the table's bytes without indexes."""
    row = connection.execute("SELECT pg_relation_size('bench') AS bytes").fetchone()
    return int(row["bytes"]) if row else 0


def compare(cluster: Cluster, rows: int, repeat: int, indexes: int) -> dict[str, float]:
    """Return medians for one shape of the table."""
    ratios: list[float] = []
    seconds: list[float] = []
    with connect(cluster.primary.dsn) as connection:
        grown = 0.0
        for _ in range(repeat):
            make_table(connection, rows, indexes=indexes)
            single = single_update(connection)
            make_table(connection, rows, indexes=indexes)
            before = size(connection)
            batched = backfill(connection, cluster.primary.dsn)
            grown = growth(connection, before)
            cluster.wait_caught_up()
            ratios.append(single / batched)
            seconds.append(batched)
    return {
        "throughput": round(median(ratios), 2),
        "rows_per_second": round(rows / median(seconds)),
        "growth": round(grown, 2),
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with Cluster() as cluster:
        with connect(cluster.primary.dsn) as connection:
            install(connection)
            connection.execute(
                "INSERT INTO migrator.migration (id, state, manifest) VALUES ('bench', 'migrating', '{}')"
            )
        found = {
            f"secondary_indexes_{indexes}": compare(cluster, options.rows, options.repeat, indexes)
            for indexes in (0, 2)
        }
    print(json.dumps({"rows": options.rows, "repeat": options.repeat, **found}, indent=2))


if __name__ == "__main__":
    main()
