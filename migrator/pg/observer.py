"""Watches our own statement from a second connection while the first one is inside the server.

For strong statements it notes who blocks us shortly before the `lock_timeout` fires; for weak ones, which may run
for hours, it reports blockers and progress, and cancels the statement at the watchdog's limit or on a stop.
"""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from migrator.clock import Clock
from migrator.errors import DatabaseFailed, Stopped
from migrator.pg.driver import Connection, DatabaseError, Row
from migrator.pg.queries import query
from migrator.pg.reopened import ReopenedSession

T = TypeVar("T")


class Observer(ReopenedSession):
    """The second connection: the watch must outlive its loss."""

    def ask(self, look: Callable[[Connection], T]) -> T | None:
        """Return what `look` sees, or None when the server cannot be asked now."""
        try:
            return self.look(look)
        except (DatabaseError, DatabaseFailed):
            return None  # what is watched will report a lost server itself


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that ours waits for; `age_seconds` is the age of its transaction."""

    pid: int
    application: str
    state: str
    age_seconds: float
    query: str
    backend_type: str

    def __str__(self) -> str:
        """Return one phrase for messages."""
        who = self.application or self.backend_type or "unnamed"
        return (
            f"pid {self.pid} ({who}, {self.state or 'running'}, transaction {self.age_seconds:.0f} s old: {self.query})"
        )

    def as_json(self) -> dict[str, object]:
        """Return the fields of an event."""
        return {
            "pid": self.pid,
            "application": self.application,
            "state": self.state,
            "age_seconds": self.age_seconds,
            "query": self.query,
        }


def blockers(connection: Connection, pid: int) -> tuple[Blocker, ...]:
    """Return whom the session `pid` waits for right now."""
    return tuple(_blocker(row) for row in connection.execute(query("session.blockers"), {"pid": pid}))


def _blocker(row: Row) -> Blocker:
    text = " ".join((row["query"] or "").split())
    return Blocker(
        row["pid"], row["application"] or "", row["state"] or "", row["age_seconds"], text, row["backend_type"] or ""
    )


@contextmanager
def sample_blockers(
    observer: Observer, pid: int, after_seconds: float, act: Callable[[tuple[Blocker, ...]], None]
) -> Generator[list[Blocker]]:
    """Look once, `after_seconds` into the wait, and give the blockers found to the caller after the block.

    `act` is called with them at once, on the looking thread, while the statement still waits.
    """
    found: list[Blocker] = []
    ended = threading.Event()

    def look() -> None:
        if not ended.wait(after_seconds):
            found.extend(observer.ask(lambda connection: blockers(connection, pid)) or ())
            act(tuple(found))

    with _thread(look, ended):
        yield found


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """When a weak statement is cancelled, and how often it is looked at."""

    longest_seconds: float
    poll_seconds: float = 1.0


@contextmanager
def watchdog(
    observer: Observer,
    pid: int,
    clock: Clock,
    limits: WatchLimits,
    report: Callable[[Row, tuple[Blocker, ...]], None],
) -> Generator[list[str]]:
    """Report while the block runs; the list holds the reason when the statement was cancelled by us.

    `report` is called on the watching thread with the index build's progress (maybe empty) and the blockers.
    """
    cancelled: list[str] = []
    ended = threading.Event()

    def watch() -> None:
        started = clock.monotonic()
        while not ended.wait(limits.poll_seconds):
            reason = _reason_to_cancel(clock, clock.monotonic() - started, limits)
            if reason:
                cancelled[:] = cancelled or [reason]
                # Again at each poll until the block ends: one that comes between two statements is lost.
                observer.ask(cancel)
            elif seen := observer.ask(lambda connection: (_progress(connection, pid), blockers(connection, pid))):
                with _unless_told(lambda: observer.ask(cancel)):
                    report(*seen)

    def cancel(connection: Connection) -> None:
        connection.execute(query("session.cancel"), {"pid": pid})

    with _thread(watch, ended):
        yield cancelled


def _progress(connection: Connection, pid: int) -> Row:
    return connection.execute(query("session.index_progress"), {"pid": pid}).fetchone() or {}


def _reason_to_cancel(clock: Clock, seconds: float, limits: WatchLimits) -> str:
    try:
        clock.check_stop("a long statement")
    except Stopped:
        return "stop requested"
    return f"it ran for {seconds:.0f} s, the watchdog's limit" if seconds > limits.longest_seconds else ""


@contextmanager
def _unless_told(cancel: Callable[[], object]) -> Generator[None]:
    """Cancel when a listener fails: nobody would watch the statement any more."""
    is_told = False
    try:
        yield
        is_told = True
    finally:
        if not is_told:
            cancel()


@contextmanager
def _thread(target: Callable[[], None], ended: threading.Event) -> Generator[None]:
    """Run `target` beside the block; what it raises, such as a listener's error, is raised at the block's end."""
    with ThreadPoolExecutor(1, "migrator-observer") as pool:
        watching = pool.submit(target)
        try:
            yield
        finally:
            ended.set()
            watching.result()
