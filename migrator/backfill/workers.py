"""The workers of one process: threads, because the driver and the server do the work outside of Python's lock.

One that fails ends the others between two batches. More processes, on any hosts, may work on the same backfill at the
same time: all of them lease ranges from the same table.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from migrator.backfill.leases import Keeper
from migrator.backfill.request import BackfillRequest
from migrator.backfill.score import Score
from migrator.backfill.worker import Crew, Worker
from migrator.clock import Clock
from migrator.errors import Stopped
from migrator.events import Event, Events
from migrator.pg.driver import Connection
from migrator.pg.queries import query

_JOIN_SECONDS = 0.2
_SLICE_SECONDS = 0.1
_LONGEST_IDLE_SECONDS = 60.0


def run_workers(request: BackfillRequest, score: Score, count: int) -> None:
    """Run so many workers until the backfill is finished.

    Raises:
        LockBudgetSpent, DatabaseFailed, Stopped, Refused: the first that a worker raised; all have ended.
    """
    with _crew(request, score, count) as crew:
        if count == 1:
            Worker(crew, 1).run()
        else:
            _run_threads(crew, count)


@contextmanager
def _crew(request: BackfillRequest, score: Score, count: int) -> Generator[Crew]:
    seconds = request.pace.lease.total_seconds()
    connect = partial(_connect, request.connect, min(seconds, _LONGEST_IDLE_SECONDS))
    with Keeper(request.connect, seconds) as keeper:
        yield Crew(replace(request, connect=connect), keeper, score, count)


def _connect(connect: Callable[[], Connection], seconds: float) -> Connection:
    """A worker that stops in the middle of a batch keeps its rows locked no longer than its lease."""
    connection = connect()
    connection.execute(query("batches.abandoned", "migrator.backfill"), {"limit": f"{int(seconds * 1000)}ms"})
    return connection


def _run_threads(crew: Crew, count: int) -> None:
    ending = threading.Event()
    failures: list[Exception] = []
    request = replace(
        crew.request, clock=_SharedClock(crew.request.clock, ending), events=_in_turn(crew.request.events)
    )
    shared = replace(crew, request=request)

    def work(number: int) -> None:
        try:
            Worker(shared, number).run()
        except Exception as exc:  # noqa: BLE001 raised again by the caller's thread
            failures.append(exc)
            ending.set()

    threads = [threading.Thread(target=work, args=[n], name=f"migrator-worker-{n}") for n in range(1, count + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():  # in slices, so that a second Ctrl-C interrupts
            thread.join(_JOIN_SECONDS)
    if failures:
        raise next((exc for exc in failures if not isinstance(exc, Stopped)), failures[0])


def _in_turn(events: Events) -> Events:
    """Return events that call the listeners from one thread at a time."""
    turn = threading.Lock()

    def tell(event: Event) -> None:
        with turn:
            events.emit(event.kind, event.migration, **event.data)

    return Events(tell)


@dataclass(frozen=True, slots=True)
class _SharedClock:
    """The clock of a crew: a worker's failure stops the others as a signal would."""

    clock: Clock
    ending: threading.Event

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def wait(self, seconds: float, reason: str) -> None:
        until = self.clock.monotonic() + seconds
        self.check_stop(reason)
        while (left := until - self.clock.monotonic()) > 0:
            self.clock.wait(min(left, _SLICE_SECONDS), reason)
            self.check_stop(reason)

    def check_stop(self, doing: str) -> None:
        self.clock.check_stop(doing)
        if self.ending.is_set():
            raise Stopped(f"Another worker of this process failed ({doing}).", "What was done is recorded.")
