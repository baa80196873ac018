"""What all workers of one backfill have done, as far as one process knows: for progress, never for a decision.

Two counts are kept, neither of them ever above the truth, and the largest that either came to is told: what this
process counted itself, and what the database said last plus the batches that began after it. A batch that was under
way when the database was asked may be among its totals or not, so only the first count has it. After a lost connection
only the database knows what was kept, and both counts begin again.
"""

import threading
from collections import Counter
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
    takes: int = 0
    """How often the database was asked; read it before a batch begins."""
    _first: int = 0
    """Batches that began before the database was asked so often were under way when a connection was lost."""
    _own: Counter[str] = field(default_factory=Counter[str])
    _told: Counter[str] = field(default_factory=Counter[str])
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Count on from what is done already."""
        self._own.update(rows=self.rows_done, keys=self.keys_done)

    def add(self, rows: int, keys: int, takes: int) -> None:
        """Count a committed batch that began after the database had been asked `takes` times."""
        with self._turn:
            if takes >= self._first:
                self._own.update(rows=rows, keys=keys)
            if takes == self.takes:
                self._told.update(rows=rows, keys=keys)
            self._tell()

    def take(self, rows_done: int, keys_done: int) -> None:
        """Hear the counts of the database, which knows of other processes as well."""
        with self._turn:
            self.takes += 1
            self._told = Counter(rows=rows_done, keys=keys_done)
            self._tell()

    def begin_again(self, rows_done: int, keys_done: int) -> None:
        """Hear the counts of the database after a loss: a server that crashed may have lost batches counted here."""
        with self._turn:
            self.takes += 1
            self._first = self.takes
            self.rows_done, self.keys_done = rows_done, keys_done
            self._own = Counter(rows=rows_done, keys=keys_done)
            self._told = Counter(self._own)

    def _tell(self) -> None:
        self.rows_done = max(self.rows_done, self._own["rows"], self._told["rows"])
        self.keys_done = max(self.keys_done, self._own["keys"], self._told["keys"])

    def left(self, batches: int, paused_seconds: float) -> None:
        """Count what one worker did until its end."""
        with self._turn:
            self.batches += batches
            self.paused_seconds += paused_seconds

    def progress(self) -> dict[str, object]:
        """Return the fields of events."""
        with self._turn:
            return {"rows_done": self.rows_done, "keys_done": self.keys_done, "rows_estimate": self.rows_estimate}
