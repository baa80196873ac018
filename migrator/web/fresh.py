"""Values that are asked for often and made seldom: kept for some seconds, made by one thread at a time.

Clients of the gh-ost kind ask ten times a second and Flagger, Prometheus and people ask beside them; the database
must notice none of it.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from migrator.clock import Clock

Value = TypeVar("Value")

KEPT_SECONDS = 5.0
_PATIENCE_SECONDS = 2.0
"""How long a caller waits for the one that is at work; each waiting caller holds a thread of the server."""


@dataclass(frozen=True, slots=True)
class Aged(Generic[Value]):
    """A value and how old what it says is: counted from the moment when the making began."""

    value: Value
    age_seconds: float


@dataclass(slots=True)
class _Kept(Generic[Value]):
    turn: threading.Lock = field(default_factory=threading.Lock)
    value: Value | None = None
    began: float = 0.0
    ended: float | None = None


class Fresh(Generic[Value]):
    """One value for each key. Keys are never forgotten: callers must not let strangers choose them."""

    def __init__(
        self, clock: Clock, seconds: float = KEPT_SECONDS, patience_seconds: float = _PATIENCE_SECONDS
    ) -> None:
        self._clock = clock
        self._seconds = seconds
        self._patience_seconds = patience_seconds
        self._kept: dict[Hashable, _Kept[Value]] = {}
        self._door = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Aged[Value] | None:
        """Return the value, made now when it is too old; None when somebody else has been making it for too long.

        `make` returns failures as values: an exception is kept by nobody, and the next caller would try at once.
        """
        with self._door:
            kept = self._kept.setdefault(key, _Kept())
        found = self._look(kept)
        if found is not None:
            return found
        if not kept.turn.acquire(timeout=self._patience_seconds):
            return None
        try:
            return self._look(kept) or self._make(kept, make)
        finally:
            kept.turn.release()

    def _look(self, kept: _Kept[Value]) -> Aged[Value] | None:
        with self._door:
            now = self._clock.monotonic()
            if kept.ended is None or kept.value is None or now - kept.ended >= self._seconds:
                return None
            return Aged(kept.value, now - kept.began)

    def _make(self, kept: _Kept[Value], make: Callable[[], Value]) -> Aged[Value]:
        began = self._clock.monotonic()
        value = make()
        with self._door:
            kept.value, kept.began, kept.ended = value, began, self._clock.monotonic()
            return Aged(value, kept.ended - began)
