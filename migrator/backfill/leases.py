"""A worker's right to one range of keys: a lease that expires by the server's clock, with a fencing token.

Each batch takes the range first, under the token, and moves its place last, in the same transaction. A worker that
comes back after its lease went to another one finds its token out of date: it changes no row and commits nothing.
Between batches a thread prolongs the leases of the process, so that a wait for a replica does not lose them; a
process that is dead or stopped prolongs none.
"""

import os
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from migrator.backfill.keyset import Key
from migrator.errors import DatabaseFailed, LeaseLost
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.reopened import ReopenedSession
from migrator.state import ranges
from migrator.state.backfills import Standing
from migrator.state.places import Advance
from migrator.state.ranges import OpenRange

_RENEWALS_PER_LEASE = 3


def lease_owner(worker: int) -> str:
    """Return a name for a worker that tells an operator where to look: host, process, number."""
    return f"{socket.gethostname()}:{os.getpid()}:{worker}:{secrets.token_hex(2)}"


@dataclass(frozen=True, slots=True)
class RangeLedger:
    """Keeps the place of a leased range, in the range's own row."""

    migration: str
    name: str
    range_id: int
    fence: int
    seconds: float
    """How long the lease lasts from each sign of life."""

    def hold(self, connection: Connection, end: Key) -> Key:
        """Take the range for this batch; return its end, which is another one when somebody cut the range.

        Raises:
            LeaseLost: the lease expired and went to another worker.
        """
        found = ranges.hold(connection, self.range_id, self.fence, self.seconds)
        if found is None:
            raise self._lost()
        return end if found == end else found

    def advance(self, connection: Connection, step: Advance) -> None:
        """Move the place, in the transaction that changed the rows.

        Raises:
            LeaseLost: the lease or the place is not what the batch began with; the transaction must be rolled back.
        """
        if not ranges.advance(connection, self.range_id, self.fence, self.seconds, step):
            raise self._lost()

    def settled(self, connection: Connection) -> Standing:
        """Return the place as it is when a COMMIT that may still be under way has ended.

        Raises:
            LeaseLost: the lease expired and went to another worker.
        """
        settled = ranges.read_settled(connection, self.range_id, self.fence)
        totals = ranges.totals(connection, self.migration, self.name)
        if settled is None or totals is None:
            raise self._lost()
        place, rows = settled
        return Standing(place, totals.rows_done, totals.keys_done, rows)

    def _lost(self) -> LeaseLost:
        return LeaseLost(
            f"Another worker went on with range {self.range_id} of backfill {self.name}: this one was not heard of for "
            f"{self.seconds:g} s. Nothing of its batch was kept.",
            "Nothing is to be done: the rows are in other hands.",
        )


class Keeper:
    """Prolongs the leases of one process, in a thread with a session of its own."""

    def __init__(self, connect: Callable[[], Connection], seconds: float) -> None:
        self._session = ReopenedSession(connect)
        self._seconds = seconds
        self._leases: dict[int, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="migrator-leases", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        """Prolong no more; a renewal that hangs is left behind."""
        self._end.set()
        self._thread.join(self._seconds)

    def keep(self, leased: OpenRange) -> None:
        """Prolong this lease from now on."""
        self._leases[leased.id] = leased.fence

    def drop(self, leased: OpenRange) -> None:
        """Prolong it no more."""
        self._leases.pop(leased.id, None)

    def _run(self) -> None:
        try:
            while not self._end.wait(self._seconds / _RENEWALS_PER_LEASE):
                self._renew()
        finally:
            self._session.close()

    def _renew(self) -> None:
        """A renewal that fails is tried again with the next; a lease that is lost meanwhile is noticed by its batch."""
        leases = list(self._leases.items())
        if leases:
            with suppress(DatabaseError, DatabaseFailed):
                self._session.look(lambda connection: ranges.renew(connection, leases, self._seconds))
