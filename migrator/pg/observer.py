"""Watches our own statement from a second connection while the first one is inside the server.

For strong statements it notes who blocks us shortly before the `lock_timeout` fires, and gives way where that would
not; for weak ones, which may run for hours, it reports blockers and progress, and cancels the statement at the
watchdog's limit or on a stop.
"""

import math
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from migrator.clock import Clock
from migrator.errors import DatabaseFailed, Stopped
from migrator.pg.blocker import Blocker, blockers
from migrator.pg.driver import Connection, DatabaseError, Row, errors
from migrator.pg.failures import describe
from migrator.pg.queries import query
from migrator.pg.reopened import ReopenedSession

T = TypeVar("T")

_SAMPLE_AT = 0.8
"""Blockers are looked at when this share of a try's `lock_timeout` was waited."""
_LOOK_SECONDS = 0.1
"""A cycle of waits is seen within this time; the application's own check for it comes after `deadlock_timeout`."""
_TOLERANCE_SECONDS = 0.05
"""The server's own `lock_timeout` comes first where it is enough."""


class Observer(ReopenedSession):
    """The second connection: the watch must outlive its loss."""

    problem = ""
    """Why the last question had no answer."""

    def ask(self, look: Callable[[Connection], T]) -> T | None:
        """Return what `look` sees, or None when the server cannot be asked now."""
        try:
            answer = self.look(look)
        except (DatabaseError, DatabaseFailed) as exc:
            failure = exc if isinstance(exc, DatabaseFailed) else describe(exc, "Looking")
            self.problem = failure.situation
            return None  # what is watched will report a lost server itself
        self.problem = ""
        return answer


@dataclass(slots=True)
class TryWatch:
    """What was seen while one try of a strong statement waited."""

    blockers: tuple[Blocker, ...] = ()
    """Whom it waited for shortly before its end."""
    given_up: DatabaseError | None = None
    """Why the statement was cancelled by us."""


@contextmanager
def watch_try(
    observer: Observer, pid: int, limit_seconds: float, act: Callable[[tuple[Blocker, ...]], None]
) -> Generator[TryWatch]:
    """Look at the blockers when most of the limit was waited, and cancel the statement where the server would not.

    `lock_timeout` counts for each lock alone, while the application waits for all that we hold: all waits together
    may take as long as one. And who waits for us while we wait for it would be the server's victim when it has
    waited for longer: we give way at once. `act` is called with the blockers on the looking thread.
    """
    seen, ended = TryWatch(), threading.Event()
    looks = max(1, math.ceil(limit_seconds * _SAMPLE_AT / _LOOK_SECONDS))
    pause = limit_seconds * _SAMPLE_AT / looks

    def watch() -> None:
        waits = 0
        while not ended.wait(pause):
            row = observer.ask(lambda c: c.execute(query("session.wait"), {"pid": pid}).fetchone())
            if not row or not row["is_waiting"]:
                continue
            waits += 1
            if waits == looks or row["is_deadlock"]:
                seen.blockers = observer.ask(lambda c: blockers(c, pid)) or seen.blockers
            if row["is_deadlock"]:
                seen.given_up = errors.DeadlockDetected("canceled: it would be a deadlock with a session of others")
            elif waits * pause > limit_seconds + _TOLERANCE_SECONDS:
                seen.given_up = errors.LockNotAvailable("canceled while it waited for one lock after the other")
            if seen.given_up is not None:
                observer.ask(lambda c: c.execute(query("session.cancel_waiting"), {"pid": pid}))
            elif waits == looks:
                act(seen.blockers)

    with _thread(watch, ended):
        yield seen


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """When a weak statement is cancelled, and how often it is looked at."""

    longest_seconds: float
    poll_seconds: float = 0.5
    """Shorter than `deadlock_timeout`, after which the server chooses a victim itself."""


@dataclass(slots=True)
class WeakWatch:
    """What was seen while a weak statement ran."""

    reason: str = ""
    """Why it was cancelled by us."""
    blockers: tuple[Blocker, ...] = ()
    """Whom it waited for at the last look."""
    is_deadlock: bool = False
    """Whether one of them waited for it in turn."""


@contextmanager
def watchdog(
    observer: Observer,
    pid: int,
    clock: Clock,
    limits: WatchLimits,
    report: Callable[[Row, tuple[Blocker, ...]], None],
) -> Generator[WeakWatch]:
    """Report while the block runs; cancel it at the limit, on a stop, and when it would be a deadlock.

    The server looks for a deadlock once in a wait. Ours is hours old when an application's begins, and its session
    would be the victim. `report` is called on the watching thread with the index build's progress (maybe empty) and
    the blockers.
    """
    watch, ended = WeakWatch(), threading.Event()

    def look() -> None:
        started = clock.monotonic()
        while not ended.wait(limits.poll_seconds):
            watch.reason = watch.reason or _reason_to_cancel(clock, clock.monotonic() - started, limits)
            if not watch.reason and (seen := observer.ask(lambda connection: _seen(connection, pid))):
                progress, watch.blockers, watch.is_deadlock = seen
                watch.reason = "it would have been a deadlock with another session" if watch.is_deadlock else ""
                with _unless_told(lambda: observer.ask(cancel)):
                    report(progress, watch.blockers)
            if watch.reason:
                # Again at each poll until the block ends: one that comes between two statements is lost.
                observer.ask(cancel)

    def cancel(connection: Connection) -> None:
        connection.execute(query("session.cancel"), {"pid": pid})

    with _thread(look, ended):
        yield watch


def _seen(connection: Connection, pid: int) -> tuple[Row, tuple[Blocker, ...], bool]:
    progress = connection.execute(query("session.index_progress"), {"pid": pid}).fetchone() or {}
    wait = connection.execute(query("session.wait"), {"pid": pid}).fetchone()
    return progress, blockers(connection, pid), bool(wait and wait["is_deadlock"])


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
