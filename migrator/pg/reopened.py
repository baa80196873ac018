"""A connection that looks while another one works: opened when first asked, and again after it was lost.

Used by the observer of a running statement and by the throttles of a backfill, which say differently what an answer
that could not be had means.
"""

from collections.abc import Callable
from typing import TypeVar

from migrator.errors import DatabaseFailed
from migrator.pg.driver import Connection, DatabaseError

T = TypeVar("T")


class ReopenedSession:
    """Holds at most one connection; not for use by two threads at once."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def look(self, look: Callable[[Connection], T]) -> T:
        """Return what `look` sees.

        Raises:
            DatabaseError, DatabaseFailed: the server cannot be asked now; the next look reconnects.
        """
        try:
            if self._connection is None:
                self._connection = self._connect()
            return look(self._connection)
        except (DatabaseError, DatabaseFailed):
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
