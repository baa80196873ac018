"""The sessions of the web server: few at a time, short-lived, and ended when the server is asked to stop."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

from migrator.errors import DatabaseFailed
from migrator.pg.connection import connect
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import translated
from migrator.pg.queries import query
from migrator.state.install import require_installed

_MOST = 4
_CONNECT_SECONDS = 3
_WAIT_SECONDS = 5.0


class Database:
    """Opens a session for each look, so that nothing has to be repaired when the server was away."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._places = threading.BoundedSemaphore(_MOST)
        self._door = threading.Lock()
        self._open: set[Connection] = set()
        self._is_closed = False

    @contextmanager
    def session(self) -> Generator[Connection]:
        """Give a session outside a transaction, in a database that holds our schema.

        Raises:
            DatabaseFailed: the database is away or busy with our other sessions.
            ConfigError: our schema is not installed, or too old.
        """
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise DatabaseFailed(f"All {_MOST} sessions of the web server are at work.", "Ask again in a moment.")
        try:
            with (
                connect(self._dsn, application_name="migrator/serve", connect_timeout=_CONNECT_SECONDS) as connection,
                self._known(connection),
                translated("Reading the state"),
            ):
                connection.execute(query("web.limit_statements", "migrator.web"))
                require_installed(connection)
                yield connection
        finally:
            self._places.release()

    def close(self) -> None:
        """End what is at work, so that no thread of the server outlives a request to stop."""
        with self._door:
            self._is_closed = True
            at_work = list(self._open)
        for connection in at_work:
            with suppress(DatabaseError):
                connection.cancel_safe(timeout=_CONNECT_SECONDS)

    @contextmanager
    def _known(self, connection: Connection) -> Generator[None]:
        with self._door:
            if self._is_closed:
                raise DatabaseFailed("The web server is stopping.", "Ask the next one.")
            self._open.add(connection)
        try:
            yield
        finally:
            with self._door:
                self._open.discard(connection)
