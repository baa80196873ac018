"""What an application feels beside a backfill with default settings: the `p99` of `benchmarks/backfill.py`.

    python -m benchmarks.foreground --rows 2000000 --repeat 3

pgbench plays the application: 8 clients, 300 transactions per second that arrive whatever the server does, half of
them reads by key and half updates of the same table, at random keys. A latency counts from when its transaction was
due. It runs alone first, then beside the backfill.
"""

import argparse
import json
import subprocess
import tempfile
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.backfill import backfill, make_table, prepare
from migrator.clock import SystemClock
from migrator.pg.connection import connect
from migrator.sandbox.cluster import Cluster

BY_DEFAULT = {"table": "bench", "set": {"filled": "value + 1"}}
CLIENTS, PER_SECOND, IDLE_SECONDS = 8, 300, 15
LONGEST_SECONDS = 300
READ = "\\set id random(1, {rows})\nSELECT value, filled FROM bench WHERE id = :id;\n"
WRITE = "\\set id random(1, {rows})\nUPDATE bench SET value = value WHERE id = :id;\n"


@dataclass
class Felt:
    """Latencies in milliseconds."""

    latencies: list[float] = field(default_factory=list[float])

    def p99(self) -> float:
        """Return the latency that 1 % of the transactions exceed."""
        return sorted(self.latencies)[int(0.99 * len(self.latencies))]

    def worst(self) -> float:
        """Return the longest latency."""
        return max(self.latencies)


@contextmanager
def application(cluster: Cluster, rows: int) -> Generator[Felt]:
    """Run pgbench for the time of the block; its latencies are known after the block."""
    felt = Felt()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scripts = [folder / "read.sql", folder / "write.sql"]
        for script, text in zip(scripts, (READ, WRITE), strict=True):
            script.write_text(text.format(rows=rows))
        command = [
            *(str(cluster.programs.bin_dir / "pgbench"), "--no-vacuum", "--protocol=prepared"),
            *(f"--client={CLIENTS}", "--jobs=2", f"--rate={PER_SECOND}", f"--time={LONGEST_SECONDS}"),
            *("--log", f"--log-prefix={folder / 'log'}"),
            *(f"--file={script}" for script in scripts),
            cluster.primary.dsn,
        ]
        ended = threading.Event()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder) as process:
            try:
                ended.wait(1)  # clients connect and prepare
                begin = SystemClock().now().timestamp()
                yield felt
                end = SystemClock().now().timestamp()
                ended.wait(2)  # its log is written by the block
            finally:
                process.terminate()
        for log in folder.glob("log*"):
            felt.latencies += _latencies(log.read_text(), begin, end)
    if len(felt.latencies) < PER_SECOND:
        raise SystemExit(f"pgbench ended {len(felt.latencies)} transactions only: nothing was measured.")


def _latencies(log: str, begin: float, end: float) -> list[float]:
    """Return the milliseconds of a log's transactions that ended in this time (lines are client, number,
    microseconds, script, second, microsecond, …; the last one may be cut off)."""
    lines = [line.split() for line in log.splitlines()[:-1]]
    return [int(words[2]) / 1000 for words in lines if begin <= int(words[4]) + int(words[5]) / 1e6 <= end]


def one_round(cluster: Cluster, rows: int) -> dict[str, float]:
    """Return what the application felt alone and beside the backfill, and the rows per second of the backfill."""
    with connect(cluster.primary.dsn) as connection:
        make_table(connection, rows, indexes=0)
        cluster.wait_caught_up(600)
        with application(cluster, rows) as alone:
            SystemClock().wait(IDLE_SECONDS, "the application alone")
        with application(cluster, rows) as beside:
            seconds = backfill(cluster.primary.dsn, BY_DEFAULT, 1, connection)
    return {
        "p99": beside.p99() / alone.p99(),
        "p99_idle_ms": alone.p99(),
        "p99_ms": beside.p99(),
        "worst_idle_ms": alone.worst(),
        "worst_ms": beside.worst(),
        "rows_per_second": rows / seconds,
    }


def compare(cluster: Cluster, rows: int, repeat: int) -> Mapping[str, float]:
    """Return the medians of `repeat` rounds."""
    rounds = [one_round(cluster, rows) for _ in range(repeat)]
    return {name: round(median(each[name] for each in rounds), 2) for name in rounds[0]}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with Cluster() as cluster:
        prepare(cluster)
        print(json.dumps({"rows": options.rows, **compare(cluster, options.rows, options.repeat)}, indent=2))


if __name__ == "__main__":
    main()
