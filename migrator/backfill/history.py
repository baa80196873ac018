"""Writes down what a run does, each five seconds and at its end: a listener for the events of one backfill.

A run that was killed is in the history with the figures of its last seconds. What cannot be written is left out: the
history is a report, and must not end a backfill.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace

from migrator.backfill.request import BackfillRequest
from migrator.backfill.standing import counted
from migrator.errors import DatabaseFailed, MigratorError, Stopped
from migrator.events import Event, EventKind, Events
from migrator.pg.driver import Connection, DatabaseError, Row
from migrator.pg.failures import translated
from migrator.pg.reopened import ReopenedSession
from migrator.state import runs
from migrator.state.actor import current_actor, current_host
from migrator.state.runs import RunFigures

_WRITE_SECONDS = 5.0


class RunHistory:
    """The figures of one run, heard from events."""

    def __init__(self, request: BackfillRequest, actor: str) -> None:
        self._request = request
        self._actor = actor
        self._session = ReopenedSession(request.connect)
        self._number: int | None = None
        self._started = self._written = request.clock.monotonic()
        self._rows = 0
        self._batches = 0
        self._throttled: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Follow the events of the backfill."""
        if event.kind is EventKind.BACKFILL_BATCH:
            self._batches += 1
            self._rows += int(str(event.data.get("rows", 0)))
        elif event.kind is EventKind.BACKFILL_SETTLED:
            self._batches += int(str(event.data.get("batches", 0)))
            self._rows += int(str(event.data.get("rows", 0)))
        elif event.kind in (EventKind.BACKFILL_PAUSED, EventKind.BACKFILL_RESUMED):
            for throttle, seconds in counted(event).items():
                self._throttled[throttle] = self._throttled.get(throttle, 0.0) + seconds
        if self._request.clock.monotonic() - self._written >= _WRITE_SECONDS:
            self.write(None)

    def begin(self) -> None:
        """Write that it began; without that nothing else is written."""
        request = self._request

        def look(connection: Connection) -> int:
            names = (request.migration, request.name, self._actor, current_host(), os.getpid())
            return runs.begin(connection, *names)

        with suppress(DatabaseError, DatabaseFailed):
            self._number = self._session.look(look)

    def write(self, outcome: str | None) -> None:
        """Write how far it is; an outcome ends it."""
        self._written = self._request.clock.monotonic()
        number = self._number
        if number is None:
            return
        figures = RunFigures(self._rows, self._batches, self._written - self._started, self._throttled)
        # The end is told once: where the server went away and came back, the session is opened again for it.
        for _ in range(2 if outcome else 1):
            with suppress(DatabaseError, DatabaseFailed):
                self._session.look(lambda connection: runs.update(connection, number, figures, outcome))
                return

    def close(self) -> None:
        """Close its session."""
        self._session.close()


@contextmanager
def kept(request: BackfillRequest, actor: str | None = None) -> Generator[BackfillRequest]:
    """Give the request for one run that is written down: its outcome is `done`, `stopped` or the error's name."""
    history = RunHistory(request, current_actor(actor))
    history.begin()

    def forward(event: Event) -> None:
        request.events.emit(event.kind, event.migration, **event.data)

    outcome = "killed"
    try:
        yield replace(request, events=Events(forward, history))
        outcome = "done"
    except Stopped:
        outcome = "stopped"
        raise
    except MigratorError as exc:
        outcome = type(exc).__name__
        raise
    finally:
        history.write(outcome)
        history.close()


def read(connection: Connection, migration: str | None, name: str | None = None, most: int = 50) -> list[Row]:
    """Return the latest runs first."""
    with translated("Reading the runs of backfills"):
        return runs.read(connection, migration, name, most)
