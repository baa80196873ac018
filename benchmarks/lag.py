"""How far a replica falls behind beside a backfill: the log window of `replica-lag` against stop-and-go, in one run.

    python benchmarks/lag.py --rows 1000000 --repeat 3

A sandbox with a primary and a replica that replays half as fast as the backfill writes: its startup process is stopped
for a share of the time that is found out first, from a backfill without a limit while replay is paused.
Lag is measured apart from what the controllers see: the position that the replica itself says it has replayed, and
when the primary's log passed that position. `max_lag` is 1 s for both. Stop-and-go is what gh-ost does: it reads
`replay_lag` each 250 ms, stops above the limit and goes on below it.
"""

import argparse
import json
import os
import signal
import threading
from bisect import bisect_right
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import mean, median
from typing import Any

from migrator.backfill.request import BackfillRequest
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over
from migrator.clock import SystemClock
from migrator.events import Events
from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from migrator.state.install import install

_SAMPLE_SECONDS = 0.02
_SLICE_SECONDS = 0.1
_LIMITS = {"max_lag": "1s"}


class StopAndGo:
    """Stops while `replay_lag` of a reading that is at most 250 ms old is over one second."""

    name = "stop-and-go"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._clock = SystemClock()
        self._latest: tuple[float, Reading] | None = None

    def read(self) -> Reading:
        """Return over the limit by the server's own figure."""
        now = self._clock.monotonic()
        if self._latest is None or now - self._latest[0] >= 0.25:
            sql = "SELECT coalesce(extract(epoch FROM max(replay_lag)), 0)::float8 AS lag FROM pg_stat_replication"
            row = self._connection.execute(sql).fetchone() or {"lag": 0.0}
            reading = over(self.name, "lag") if row["lag"] > 1 else clear(self.name)
            self._latest = (now, reading)
        return self._latest[1]


@dataclass
class Lags:
    """Samples of the true lag."""

    written: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    seconds: list[float] = field(default_factory=list[float])

    def take(self, now: float, position: int, replayed: int) -> None:
        """Add a sample: where the primary is, and what the replica has replayed."""
        self.written.append((now, position))
        passed = bisect_right(self.written, replayed, key=lambda sample: sample[1])
        self.seconds.append(now - self.written[passed][0] if passed < len(self.written) else 0.0)


@contextmanager
def measured(primary: Connection, replica: Connection) -> Generator[Lags]:
    """Sample the lag while the block runs."""
    lags, ended, clock = Lags(), threading.Event(), SystemClock()
    where = "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint AS position"
    replayed = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS position"

    def sample() -> None:
        while not ended.wait(_SAMPLE_SECONDS):
            at = replica.execute(replayed).fetchone() or {}
            now = primary.execute(where).fetchone() or {}
            lags.take(clock.monotonic(), now["position"], at["position"])

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield lags
    finally:
        ended.set()
        thread.join()


@contextmanager
def slowed(replica: Connection, share: float) -> Generator[None]:
    """Let the replica's startup process run for this share of the time."""
    row = replica.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'").fetchone()
    if row is None:
        raise SystemExit("The replica shows no startup process.")
    ended = threading.Event()

    def toggle() -> None:
        while not ended.is_set():
            os.kill(row["pid"], signal.SIGSTOP)
            ended.wait(_SLICE_SECONDS * (1 - share))
            os.kill(row["pid"], signal.SIGCONT)
            ended.wait(_SLICE_SECONDS * share)

    thread = threading.Thread(target=toggle)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        os.kill(row["pid"], signal.SIGCONT)


def make_table(connection: Connection, rows: int) -> None:
    """Make the table anew: rows of about 150 bytes."""
    connection.execute("DROP TABLE IF EXISTS bench")
    connection.execute("CREATE TABLE bench (id bigint PRIMARY KEY, value bigint, filler text, filled bigint)")
    insert = "INSERT INTO bench SELECT g, g * 7, repeat(md5(g::text), 3), NULL FROM generate_series(1, %s) g"
    connection.execute(insert.encode(), [rows])
    connection.execute("VACUUM (ANALYZE) bench")
    connection.execute("CHECKPOINT")
    connection.execute("DELETE FROM migrator.backfill")


def backfill(dsn: str, limits: dict[str, Any], throttles: Sequence[Throttle] | None) -> float:
    """Backfill the table and return the seconds."""
    spec = {"table": "bench", "set": {"filled": "value + 1"}, "limits": limits}
    request = BackfillRequest(
        connect=partial(connect, dsn),
        migration="bench",
        spec=BackfillSpec.model_validate(spec),
        clock=SystemClock(),
        events=Events(),
        throttles=throttles,
    )
    return BackfillRunner(request).run().seconds


def half_speed(cluster: Cluster, rows: int) -> float:
    """Return the share of its time in which the replica replays half of what a backfill writes in that time."""
    with connect(cluster.primary.dsn) as connection:
        make_table(connection, rows)
    cluster.wait_caught_up(120)
    cluster.replicas[0].pause_replay()
    writing = backfill(cluster.primary.dsn, {}, [])
    clock = SystemClock()
    started = clock.monotonic()
    cluster.replicas[0].resume_replay()
    cluster.wait_caught_up(300)
    return min(0.9, 0.5 * (clock.monotonic() - started) / writing)


def run(
    cluster: Cluster, rows: int, share: float, limits: dict[str, Any], throttles: Sequence[Throttle] | None
) -> dict[str, float]:
    """Backfill the table under the controller; return what it cost the replica."""
    primary, replica = cluster.primary.dsn, cluster.replicas[0].dsn
    with connect(primary) as one, connect(primary) as two, connect(replica) as three, connect(replica) as four:
        make_table(one, rows)
        cluster.wait_caught_up(120)
        with slowed(three, share), measured(two, four) as lags:
            seconds = backfill(primary, limits, throttles)
        cluster.wait_caught_up(120)
    lag = sorted(lags.seconds)
    return {
        "mean": mean(lag),
        "p95": lag[int(0.95 * len(lag))],
        "worst": lag[-1],
        "rows_per_second": rows / seconds,
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = {"none": [], "stop_and_go": [], "window": []}
    with Cluster() as cluster:
        with connect(cluster.primary.dsn) as connection:
            install(connection)
            connection.execute(
                "INSERT INTO migrator.migration (id, state, manifest) VALUES ('bench', 'migrating', '{}')"
            )
        share = half_speed(cluster, options.rows)
        found["none"].append(run(cluster, options.rows, share, {}, []))
        for _ in range(options.repeat):
            with connect(cluster.primary.dsn) as looking:
                found["stop_and_go"].append(run(cluster, options.rows, share, {}, [StopAndGo(looking)]))
            found["window"].append(run(cluster, options.rows, share, _LIMITS, None))
    medians = {
        name: {key: round(median(each[key] for each in runs), 3) for key in runs[0]} for name, runs in found.items()
    }
    ratio = medians["window"]["rows_per_second"] / medians["stop_and_go"]["rows_per_second"]
    print(
        json.dumps(
            {
                "rows": options.rows,
                "replay_share": round(share, 3),
                **medians,
                "ratios": {"rows_per_second": round(ratio, 2)},
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
