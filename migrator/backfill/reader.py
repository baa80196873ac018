"""Where verification reads: the primary, or a replica once it has replayed what the primary had at the beginning."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import open_session
from migrator.clock import Clock
from migrator.errors import DatabaseFailed, InputError, NotYet
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.queries import query
from migrator.state import backfills

_CAUGHT_UP_SECONDS = 120.0
_POLL_SECONDS = 0.1


@dataclass(slots=True)
class Reader:
    """The session that reads, and the one to the primary that records and repairs."""

    request: BackfillRequest
    reading: BackfillRequest
    """The same request with sessions to the server that is read."""
    connection: Connection
    is_primary: bool
    _primary: Connection | None = None

    def primary(self) -> Connection:
        """Return the session to the primary, opened again when it was lost."""
        if self._primary is None or self._primary.closed:
            self._primary = open_session(self.request.connect)
        return self._primary

    def note(self, reason: str | None) -> None:
        """Record why verification waits; one that cannot be recorded now waits all the same."""
        with suppress(DatabaseError, DatabaseFailed):
            backfills.beat(self.primary(), self.request.migration, self.request.name, reason)

    def close(self) -> None:
        """Close the sessions."""
        self.connection.close()
        if self._primary is not None:
            self._primary.close()


@contextmanager
def open_reader(request: BackfillRequest, replica: Callable[[], Connection] | None) -> Generator[Reader]:
    """Give the reader.

    Raises:
        InputError: `replica` leads to a primary.
        NotYet: the replica does not catch up in time.
    """
    reading = request if replica is None else replace(request, connect=replica)
    reader = Reader(request, reading, open_session(reading.connect), is_primary=replica is None)
    try:
        if not reader.is_primary:
            _wait_caught_up(reader, request.clock)
        yield reader
    finally:
        reader.close()


def _wait_caught_up(reader: Reader, clock: Clock) -> None:
    """The replica must show the end of the backfill; what is written after this moment may be missing there."""
    position = reader.primary().execute(query("batches.written", "migrator.backfill")).fetchone() or {}
    until = clock.monotonic() + _CAUGHT_UP_SECONDS
    while True:
        row = reader.connection.execute(query("batches.replayed", "migrator.backfill"), position).fetchone() or {}
        if not row["is_replica"]:
            raise InputError("The server to verify on is not a replica.", "Give the replica's own host and port.")
        if row["is_caught_up"]:
            return
        if clock.monotonic() > until:
            raise NotYet(
                f"The replica has not replayed in {_CAUGHT_UP_SECONDS:.0f} s what the primary had at the beginning.",
                "Verify on the primary, or when the replica follows again.",
            )
        clock.wait(_POLL_SECONDS, "the replica catches up")
