"""Where a run of a backfill is: its session, its copy of the recorded row, and the size of the next batch.

Mutable, and owned by one `BackfillRunner.run`; what must survive is in the row, never here.
"""

from dataclasses import dataclass, replace
from typing import Self

from migrator.backfill.batch import Batch, BatchJob
from migrator.backfill.sizing import Sizing
from migrator.pg.driver import Connection
from migrator.state.backfills import BackfillRecord


@dataclass(slots=True)
class Walk:
    """One run's position; `record` is as of the last commit that we know of."""

    connection: Connection
    record: BackfillRecord
    job: BatchJob
    sizing: Sizing
    batches: int = 0
    losses: int = 0
    """Connections lost since the last committed batch."""
    paused_seconds: float = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        """Close the session, whichever it is by now."""
        self.connection.close()

    @property
    def is_at_end(self) -> bool:
        """Whether every key that existed at the start has been passed."""
        return self.record.checkpoint == self.record.end_key

    @property
    def position(self) -> str:
        """The range that the next batch begins, in words for messages."""
        checkpoint = self.record.checkpoint
        start = "from the first key" if checkpoint is None else f"after key {', '.join(checkpoint)}"
        return f"{self.sizing.size} keys {start}"

    def took(self, batch: Batch, seconds: float) -> None:
        """Go on from a committed batch that took `seconds` of work."""
        self.record = replace(
            self.record,
            checkpoint=batch.keys.upto,
            rows_done=self.record.rows_done + batch.rows,
            keys_done=self.record.keys_done + batch.keys_passed,
        )
        self.sizing = self.sizing.after_batch(batch.keys_passed, batch.rows, seconds)
        self.batches += 1
        self.losses = 0

    def progress(self) -> dict[str, object]:
        """Return the fields of events that say how far it is."""
        record = self.record
        return {
            "rows_done": record.rows_done,
            "keys_done": record.keys_done,
            "rows_estimate": record.rows_estimate,
            "batch_size": self.sizing.size,
            "checkpoint": None if record.checkpoint is None else list(record.checkpoint),
        }
