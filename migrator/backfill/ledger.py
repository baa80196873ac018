"""Where the place of a range of keys is kept: moved in each batch's own transaction, read back after a loss.

A range that is leased to a worker keeps it in its own row, with the worker's fencing token (`leases`).
"""

from typing import Protocol

from migrator.pg.driver import Connection
from migrator.state.backfills import Standing
from migrator.state.places import Advance, Key


class Ledger(Protocol):
    """The record of one range."""

    def hold(self, connection: Connection, end: Key) -> Key:
        """Take the range for this batch, first in its transaction; return the key that ends it by now.

        Raises:
            LeaseLost: somebody else has it.
        """
        ...

    def advance(self, connection: Connection, step: Advance) -> None:
        """Move the place inside the batch's transaction; raises `LeaseLost` when it is no longer where we left it."""
        ...

    def settled(self, connection: Connection) -> Standing:
        """Return the place after a lost connection, once a COMMIT under way has ended; raises `LeaseLost`."""
        ...
