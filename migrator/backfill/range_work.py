"""One range of keys worked to its end: batch after batch, held back by throttles, safe to kill anywhere.

The runner gives it a whole table or partition, a worker the range that it has leased; the ledger knows which. Nothing
here knows how many ranges or workers there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from migrator.backfill.batch import Batch, Change, run_batch
from migrator.backfill.ledger import Ledger
from migrator.backfill.sizing import Sizing
from migrator.backfill.walk import Walk
from migrator.pg.driver import DatabaseError
from migrator.state.backfills import Standing


class Hold(Protocol):
    """What makes the work wait between batches: all throttles together."""

    def hold(self) -> float:
        """Return the seconds waited; raises `Stopped`."""
        ...

    def adjust(self, sizing: Sizing) -> Sizing:
        """Return the batch size's controller with what an operator has changed since the last batch."""
        ...


@dataclass(frozen=True, slots=True)
class RangeWork:
    """What the work on a range is given besides its walk."""

    ledger: Ledger
    throttling: Hold
    change: Change
    """What a batch does to its rows."""
    done: Callable[[Batch, float], None]
    """Told of each committed batch and its seconds, when the walk has moved on."""
    settled: Callable[[Standing], None]
    """Told what the ledger says after a lost connection."""
    refused: Callable[[DatabaseError], bool] = lambda _: False
    """Whether it takes care of rows that the server refuses; they are the end otherwise."""


def work_range(walk: Walk, work: RangeWork) -> None:
    """Run batches until every key of the range is passed.

    Raises:
        Stopped: between batches; what is done is recorded.
        LeaseLost: the range is no longer ours; nothing of the last batch was kept.
        LockBudgetSpent: a batch met the same lock or timeout too often.
        DatabaseFailed: the server refused a batch, or stayed away.
    """
    request = walk.request
    while not walk.is_at_end:
        request.clock.check_stop(f"backfill {request.name}, between batches")
        _step(walk, work)


def _step(walk: Walk, work: RangeWork) -> None:
    """Wait for throttles, then run one batch; on a lost connection ask the ledger what happened and go on."""
    try:
        walk.paused_seconds += work.throttling.hold()
        walk.sizing = work.throttling.adjust(walk.sizing)
        batch, seconds = walk.work(lambda: _batch(walk, work))
    except DatabaseError as exc:
        if work.refused(exc):
            return
        standing = _settled(walk, work, exc)
        walk.go_on_from(standing.place)
        work.settled(standing)
        return
    walk.end = batch.end
    walk.committed(batch, seconds)
    work.done(batch, seconds)


def _settled(walk: Walk, work: RangeWork, exc: DatabaseError) -> Standing:
    """Return what the ledger says in a new session; one that is lost at once, as on a bad line, is opened again."""
    while True:
        walk.survive(exc)
        try:
            return work.ledger.settled(walk.connection)
        except DatabaseError as again:
            exc = again


def _batch(walk: Walk, work: RangeWork) -> Batch:
    job = walk.job.within(walk.sizing.target_seconds)
    return run_batch(walk.connection, job, work.ledger, walk.place, walk.end, walk.stride, work.change)
