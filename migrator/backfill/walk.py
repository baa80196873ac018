"""Where a run or a verification is in the table: its session, the last key passed, the size of the next batch.

Mutable, and owned by one run; what must survive is in the row of `migrator.backfill`, never here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, TypeVar

from migrator.backfill.batch import Batch, BatchJob
from migrator.backfill.keyset import KeyRange
from migrator.backfill.pieces import Stride, density
from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import MOST_LOSSES, open_again, persistently
from migrator.backfill.sizing import Sizing
from migrator.backfill.stripes import PLAIN, Striping
from migrator.events import EventKind
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import describe, is_connection_loss
from migrator.state.places import Key, Place

T = TypeVar("T")
_TOO_LONG = ("25P03", "25P04")
"""Limits of the transaction: idle for too long, as while a Python function works on many rows, or too long at all."""
_SMALL = 4
"""A batch of less than this part of its size (the last of a window) says little about what a row costs."""


@dataclass(slots=True)
class Tally:
    """What was counted in the window that is being gone over."""

    rows: int = 0
    """Those of batches in which HOT updates were counted."""
    hot: int = 0
    keys: int = 0


@dataclass(slots=True)
class Walk:
    """One walk along a table's key."""

    request: BackfillRequest
    connection: Connection
    job: BatchJob
    end: Key | None
    """The last key that existed at the start; None for an empty table."""
    place: Place
    sizing: Sizing
    striping: Striping = PLAIN
    density: float | None = None
    """Keys per value of an integer key in the last window; None: not known."""
    tally: Tally | None = field(default_factory=Tally)
    """None: the window was begun by somebody else, so that nothing can be learned from its end."""
    losses: int = 0
    """Connections lost since the last batch that succeeded."""
    batches: int = 0
    paused_seconds: float = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        """Close the session, whichever it is by now."""
        self.connection.close()

    @property
    def checkpoint(self) -> Key | None:
        """The last key up to which every row is done."""
        return self.place.checkpoint

    @property
    def is_at_end(self) -> bool:
        """Whether every key that existed at the start has been passed."""
        return self.place.checkpoint == self.end

    def work(self, batch: Callable[[], T]) -> tuple[T, float]:
        """Return the batch's result and its seconds, tried again smaller on locks and timeouts."""
        clock = self.request.clock

        def attempt() -> tuple[T, float]:
            started = clock.monotonic()
            return batch(), clock.monotonic() - started

        return persistently(attempt, self.job, clock, on_retry=self._shrink)

    def passed(self, place: Place, keys: int, rows: int, seconds: float) -> None:
        """Go on from the place: a batch of `keys` keys, `rows` of them changed, took `seconds` of work."""
        self.place = place
        self.sizing = self.sizing.after_batch(keys, rows, seconds)
        self.batches += 1
        self.losses = 0

    def committed(self, batch: Batch, seconds: float) -> None:
        """Go on after a batch, and learn from the window if it was its last."""
        before = self.place.checkpoint
        is_telling = _SMALL * batch.keys_weighed >= self.sizing.size or seconds > self.sizing.target_seconds
        self.passed(batch.piece.place, batch.keys_weighed if is_telling else 0, batch.rows, seconds)
        if self.tally is not None:
            if batch.hot is not None:
                self.tally.rows += batch.rows
                self.tally.hot += batch.hot
            self.tally.keys += batch.keys_passed
        if batch.piece.ends_window:
            self._learn(KeyRange(before, batch.piece.keys.upto), batch.piece.stripes)

    def go_on_from(self, place: Place) -> None:
        """Go on from the place that the ledger knows, which may be inside a window."""
        self.place = place
        self.tally = None if place.window else Tally()

    @property
    def stride(self) -> Stride:
        """How far the next batch goes."""
        striping = self.striping
        is_counted = not self.job.is_every_row_changed
        return Stride(
            self.sizing.size,
            striping.stripes,
            striping.window_keys,
            self.density,
            striping.longest_batch,
            is_counted,
        )

    def _learn(self, keys: KeyRange, stripes: int) -> None:
        if self.tally is not None:
            self.striping = self.striping.after_window(stripes, self.tally.rows, self.tally.hot)
            self.density = density(self.job.keyset, keys, self.tally.keys)
        self.tally = Tally()

    def survive(self, exc: DatabaseError) -> None:
        """Open the session again after it was lost.

        Raises:
            DatabaseFailed: it was not lost but refused, or was lost too often, or the server stays away.
        """
        doing = f"Backfill {self.request.name} of {self.request.spec.table} ({self._position})"
        if exc.sqlstate in _TOO_LONG and self.sizing.size > 1:
            self.sizing = self.sizing.after_timeout()
        else:
            self.losses += 1
        if not is_connection_loss(exc) or self.losses > MOST_LOSSES:
            raise describe(exc, doing) from exc
        self._tell_retry(self.losses, exc)
        self.connection.close()
        self.connection = open_again(self.request.connect, self.request.clock, self.request.reconnect_seconds)

    @property
    def _position(self) -> str:
        passed = self.place.passed
        start = "from the first key" if passed is None else f"after key {', '.join(passed)}"
        return f"{self.sizing.size} keys {start}"

    def _shrink(self, attempt: int, error: DatabaseError) -> None:
        self.sizing = self.sizing.after_timeout()
        self._tell_retry(attempt, error)

    def _tell_retry(self, attempt: int, error: DatabaseError) -> None:
        state = error.sqlstate or "08006"
        self.request.tell(EventKind.BACKFILL_RETRY, sqlstate=state, attempt=attempt, batch_size=self.sizing.size)
