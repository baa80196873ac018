"""The longest time for which any query of an application stands still while each recipe runs on a large table.

    python -m benchmarks.stalls --rows 1000000 --clients 12 --repeat 3 [--recipes rename_column create_index]

Clients of old and new code (those of the tests, `tests/recipes/workloads`) run in a process of their own while the
engine takes the migration through every phase, with the settings that it has when nobody configures anything. The
baseline is the longest stall of the same clients, in the same run, while nothing migrates: on a busy machine compare
with it. A recipe that would begin after `--minutes` is left out, and said to be.
"""

import argparse
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from statistics import median

from migrator.clock import SystemClock
from migrator.config import Service, Settings
from migrator.events import Event, EventKind, Events
from migrator.pg.connection import connect
from migrator.phases.engine import Engine
from migrator.sandbox.cluster import Cluster
from tests.fix_app import Shop
from tests.recipes.crashes import Patient, admit
from tests.recipes.trial_client import Fleet, Share
from tests.recipes.workload import Workload
from tests.recipes.workload_files import workload_files

FIRST_KEY = 1_000
"""Other tables of a workload refer to rows before it: they are left alone."""
OWNED = 2_000
"""Rows that one client alone writes."""
BASELINE_SECONDS = 8.0
SETTINGS = Settings(services={"shop": Service(app_name=r"^shop/(?P<version>[^ +]+)")})


@dataclass
class Seen:
    """What the clients saw from one word to the next."""

    longest_seconds: float
    queries: int
    failed: list[str]


@dataclass
class Run:
    """One recipe, once: the longest stall by phase."""

    longest: dict[str, float] = field(default_factory=dict[str, float])
    failed: list[str] = field(default_factory=list[str])
    seconds: float = 0.0
    batch_seconds: float = 0.0
    """The longest batch of a backfill: a client that writes one of its rows waits for its end."""

    def hear(self, event: Event) -> None:
        """Keep the longest batch."""
        if event.kind is EventKind.BACKFILL_BATCH:
            self.batch_seconds = max(self.batch_seconds, float(str(event.data["seconds"])))

    def note(self, phase: str, seen: Seen) -> None:
        """Keep what was seen in a phase."""
        self.longest[phase] = max(self.longest.get(phase, 0.0), seen.longest_seconds)
        self.failed += seen.failed

    @property
    def worst(self) -> float:
        """The longest stall while the migration ran."""
        return max(seconds for phase, seconds in self.longest.items() if phase != "baseline")


def first_of(kind: str) -> tuple[str, Workload]:
    """Return the name of the kind's first case, and its workload."""
    return next(iter(workload_files()[kind].WORKLOADS.items()))


def serve(pipe: Pipe, dsn: str, kind: str, clients: int) -> None:
    """Run the clients as the parent says; answer each word with what was seen since the last one."""
    _, workload = first_of(kind)
    half = clients // 2
    shares = [_share(dsn, workload, number) for number in range(2 * half)]
    old = Fleet(dsn, "1.9", workload, workload.old, shares[:half])
    new = Fleet(dsn, "2.0", workload, workload.bridge or workload.new, shares[half:])
    with ExitStack() as stack:
        stack.enter_context(old)
        acts: dict[str, Callable[[], object]] = {
            "start new": lambda: stack.enter_context(new),
            "deploy new": lambda: new.deploy(workload.new),
            "stop old": old.stop,
        }
        while (word := pipe.recv()) != "end":
            acts.get(word, bool)()
            pipe.send(_take(old, new))


def _share(dsn: str, workload: Workload, number: int) -> Share:
    """Return the rows of one client, as old code sees them."""
    keys = [workload.key(FIRST_KEY + number * OWNED + n) for n in range(OWNED)]
    query = f"SELECT * FROM ({workload.old.rows}) AS seen WHERE key = ANY(%s)"
    with connect(dsn) as connection:
        rows = connection.execute(query.encode(), [keys]).fetchall()
    known = {row.pop("key"): workload.remembered({**workload.given, **row}) for row in rows}
    return Share(number, known, made=count(1))


def _take(*fleets: Fleet) -> Seen:
    """Return what was seen, queries under way included, and begin anew."""
    seen = Seen(0.0, 0, [])
    for fleet in fleets:
        with fleet.paused():
            for client in fleet.clients:
                seen.longest_seconds = max(seen.longest_seconds, client.longest_seconds)
                seen.queries += client.queries
                seen.failed += client.failed
                client.longest_seconds, client.queries, client.failed = 0.0, 0, []
    return seen


@contextmanager
def clients(dsn: str, kind: str, number: int) -> Generator[Callable[[str], Seen]]:
    """Run the clients' process for the time of the block; give a function that says a word to it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, dsn, kind, number))
    process.start()

    def say(word: str) -> Seen:
        ours.send(word)
        return ours.recv()

    try:
        yield say
    finally:
        ours.send("end")
        process.join()


def measure(patient: Patient, shop: Shop, kind: str, number: int) -> Run:
    """Run one migration under clients and return the stalls."""
    run, clock = Run(), SystemClock()
    migration = shop.migration(patient.migration)
    engine = Engine(shop.dsn, SETTINGS, clock, Events(run.hear), "benchmark")
    with clients(shop.dsn, kind, number) as say:
        say("begin")
        clock.wait(BASELINE_SECONDS, "the baseline")
        run.note("baseline", say("baseline"))
        started = clock.monotonic()
        engine.expand(migration)
        run.note("expand", say("expanded"))
        say("start new")
        if patient.workload.old_until == "migrate":
            say("stop old")
        engine.migrate(migration)
        run.note("migrate", say("deploy new"))
        run.note("migrate", say("stop old"))
        if patient.has_contract:
            engine.contract(migration)
            run.note("contract", say("contracted"))
        run.seconds = clock.monotonic() - started
    return run


def settle(patient: Patient) -> None:
    """Leave no work of the fill to autovacuum and the checkpointer."""
    with connect(patient.shop.dsn) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def row(kind: str, runs: Sequence[Run]) -> str:
    """Return a line of the table: medians of the longest stalls, the worst of all, in milliseconds."""
    cells = [f"{kind:24}"]
    for phase in ("baseline", "expand", "migrate", "contract"):
        found = [run.longest[phase] for run in runs if phase in run.longest]
        cells.append(f"{median(found) * 1000:9.0f}" if found else f"{'-':>9}")
    worst = [run.worst for run in runs]
    cells += [f"{median(worst) * 1000:9.0f}", f"{max(worst) * 1000:9.0f}"]
    cells.append(f"{median(run.batch_seconds for run in runs) * 1000:9.0f}")
    cells += [f"{sum(len(run.failed) for run in runs):7}", f"{median(run.seconds for run in runs):9.1f}"]
    return " ".join(cells)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--recipes", nargs="*", default=[kind for kind, file in workload_files().items() if _has(file)])
    options = parser.parse_args()
    say = partial(print, flush=True)
    heads = ("baseline", "expand", "migrate", "contract", "median", "worst", "batch")
    say(f"{'milliseconds':24} {' '.join(f'{head:>9}' for head in heads)} {'failed':>7} {'seconds':>9}")
    until = SystemClock().monotonic() + options.minutes * 60
    with Cluster(replicas=0) as cluster, tempfile.TemporaryDirectory() as folder:
        for kind in options.recipes:
            if SystemClock().monotonic() > until:
                say(f"{kind:24} left out: no time")
                continue
            name, workload = first_of(kind)
            patient = admit(cluster, Path(folder), name, workload, options.rows)
            settle(patient)
            runs: list[Run] = []
            for _ in range(options.repeat):
                with patient.copy() as shop:
                    runs.append(measure(patient, shop, kind, options.clients))
            say(row(kind, runs))
            for problem in sorted({problem for run in runs for problem in run.failed})[:3]:
                say(f"    {problem.splitlines()[0]}")
            cluster.drop_database(patient.template)


def _has(file: object) -> bool:
    return bool(getattr(file, "WORKLOADS", {}))


if __name__ == "__main__":
    main()
