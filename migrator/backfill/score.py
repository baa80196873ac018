"""What all workers of one backfill have done, as far as one process knows: for progress, never for a decision."""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Score:
    """Counts of the whole backfill; the workers of a process add to it, the database corrects it."""

    rows_done: int
    keys_done: int
    rows_estimate: int | None
    batch_size: int
    """Keys of the first batch of each worker."""
    batches: int = 0
    """Batches of this process, as are the pauses."""
    paused_seconds: float = 0.0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def add(self, rows: int, keys: int) -> None:
        """Count a committed batch."""
        with self._turn:
            self.rows_done += rows
            self.keys_done += keys

    def take(self, rows_done: int, keys_done: int) -> None:
        """Copy the counts of the database, which knows of other processes as well."""
        with self._turn:
            self.rows_done, self.keys_done = rows_done, keys_done

    def left(self, batches: int, paused_seconds: float) -> None:
        """Count what one worker did until its end."""
        with self._turn:
            self.batches += batches
            self.paused_seconds += paused_seconds

    def progress(self) -> dict[str, object]:
        """Return the fields of events."""
        with self._turn:
            return {"rows_done": self.rows_done, "keys_done": self.keys_done, "rows_estimate": self.rows_estimate}
