"""Where the place of a range of keys is kept: moved in each batch's own transaction, read back after a loss.

A range that is leased to a worker keeps it in its own row, with the worker's fencing token (`leases`).
"""

from typing import Protocol

from migrator.pg.driver import Connection, Cursor
from migrator.state.backfills import Standing
from migrator.state.places import Advance, Key, Place


class Ledger(Protocol):
    """The record of one range."""

    def take(self, connection: Connection, place: Place) -> Cursor:
        """Ask for the range for this batch, first in its transaction; the answer is for `taken`."""
        ...

    def taken(self, answer: Cursor, end: Key) -> Key:
        """Return the key that ends the range by now.

        Raises:
            LeaseLost: somebody else has it, or the place is no longer where we left it.
        """
        ...

    def move(self, connection: Connection, step: Advance) -> Cursor:
        """Move the place inside the batch's transaction; the answer is for `moved`."""
        ...

    def moved(self, answer: Cursor) -> None:
        """Make sure that the place was moved; raises `LeaseLost`, and the transaction must be rolled back."""
        ...

    def settled(self, connection: Connection) -> Standing:
        """Return the place after a lost connection, once a COMMIT under way has ended; raises `LeaseLost`."""
        ...
