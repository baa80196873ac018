"""Reads throttles in the background, so that a batch need not wait for a look at a signal.

One thread for all signals of the database, and one for each that may be slow (an HTTP gate, a user's query), so that a
gate that hangs does not hide the lag of a replica. A reading that is too old is one that could not be read.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from migrator.backfill.throttles.throttle import Reading, Throttle, unknown
from migrator.clock import Clock

FRESH_SECONDS = 0.5
"""How old a reading of the database may be when a batch begins."""
_INTERVALS = 3
"""A signal that is read more rarely may be this many intervals old."""
_END_SECONDS = 2.0


def interval_of(throttle: Throttle) -> float:
    """Return the seconds between two looks in the background; 0 for a throttle that is read between batches."""
    return float(getattr(throttle, "interval_seconds", 0.0))


def is_slow(throttle: Throttle) -> bool:
    """Return whether the throttle needs a thread of its own."""
    return bool(getattr(throttle, "is_slow", False))


@dataclass(slots=True)
class Post:
    """One throttle that is watched, and its latest reading with the time at which the look began."""

    throttle: Throttle
    latest: tuple[float, Reading] | None = None
    due_at: float = 0.0

    @property
    def fresh_seconds(self) -> float:
        """How old its reading may be."""
        return max(FRESH_SECONDS, _INTERVALS * interval_of(self.throttle))


@dataclass(slots=True)
class Watch:
    """One thread: its posts, looked at in turn."""

    posts: list[Post]
    clock: Clock
    close: Callable[[], None]
    """Called by the thread at its end: a connection is closed by the thread that uses it."""
    wake: threading.Event = field(default_factory=threading.Event)
    is_ended: bool = False
    thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self.thread = threading.Thread(target=self._run, name="migrator-lookout", daemon=True)
        self.thread.start()

    def end(self) -> None:
        """Look no more; a look that hangs is left behind, its thread ends with the process."""
        self.is_ended = True
        self.wake.set()
        if self.thread is not None:
            self.thread.join(_END_SECONDS)

    def _run(self) -> None:
        try:
            while not self.is_ended:
                self._look()
                self.wake.wait(max(0.0, min(post.due_at for post in self.posts) - self.clock.monotonic()))
        finally:
            self.close()

    def _look(self) -> None:
        is_asked = self.wake.is_set()
        self.wake.clear()
        for post in self.posts:
            now = self.clock.monotonic()
            if self.is_ended or (now < post.due_at and not (is_asked and not is_slow(post.throttle))):
                continue
            reading = _reading(post.throttle)
            post.latest = (now, reading)
            pause = reading.again_seconds if reading.again_seconds is not None else interval_of(post.throttle)
            post.due_at = self.clock.monotonic() + pause


class Lookout:
    """All watches of one backfill; started when the first batch is to begin."""

    def __init__(self, throttles: Sequence[Throttle], clock: Clock, close: Callable[[], None]) -> None:
        self._clock = clock
        self._posts = [Post(throttle) for throttle in throttles]
        quick = [post for post in self._posts if not is_slow(post.throttle)]
        slow = [post for post in self._posts if is_slow(post.throttle)]
        self._watches = [Watch(quick, clock, close)] if quick else []
        self._watches += [Watch([post], clock, _closer(post.throttle)) for post in slow]
        self._is_started = False

    def start(self) -> None:
        """Begin to look, once."""
        if not self._is_started:
            self._is_started = True
            for watch in self._watches:
                watch.start()

    def end(self) -> None:
        """Look no more."""
        for watch in self._watches:
            watch.end()

    @property
    def is_ready(self) -> bool:
        """Whether every throttle has been read once."""
        return all(post.latest is not None for post in self._posts)

    def hurry(self) -> None:
        """Ask for a look at the signals of the database now."""
        for watch in self._watches:
            if not is_slow(watch.posts[0].throttle):
                watch.wake.set()

    def readings(self, since: float | None) -> list[Reading]:
        """Return the latest readings; a tight one from before `since` says nothing about the next batch."""
        return [self._reading(post, since) for post in self._posts]

    def _reading(self, post: Post, since: float | None) -> Reading:
        if post.latest is None:
            return unknown(post.throttle.name, "it was not read yet")
        read_at, reading = post.latest
        age = self._clock.monotonic() - read_at
        if age > post.fresh_seconds:
            return unknown(post.throttle.name, f"the last look was {age:.1f} s ago")
        if reading.is_tight and not reading.is_over and since is not None and read_at < since:
            return Reading(reading.throttle, is_over=True, reason=reading.reason, is_brief=True, again_seconds=0.002)
        return reading


def _reading(throttle: Throttle) -> Reading:
    """Return what the throttle says; one with a bug in it holds the backfill back and says so, also in a thread."""
    try:
        return throttle.read()
    except Exception as exc:  # noqa: BLE001 a thread that ends in silence would look like a signal that is not read
        return unknown(throttle.name, f"this is a bug: {type(exc).__name__}: {exc}")


def _closer(throttle: Throttle) -> Callable[[], None]:
    close: Callable[[], None] = getattr(throttle, "close", lambda: None)
    return close
