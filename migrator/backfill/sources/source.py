"""What every source can do: change the rows of a piece inside the batch's transaction."""

from collections.abc import Sequence
from typing import Protocol

from migrator.backfill.batch import BatchJob
from migrator.backfill.pieces import Piece
from migrator.pg.driver import Connection, sql


class Source(Protocol):
    """The rows' change, the same for each batch; keeps no state."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are changed; none when that is not known."""
        ...

    @property
    def is_striped(self) -> bool:
        """Whether it changes exactly the rows of a piece's stripe, so that windows can be striped."""
        ...

    @property
    def is_per_partition(self) -> bool:
        """Whether it can be given one partition instead of the whole table."""
        ...

    def change(self, connection: Connection, job: BatchJob, piece: Piece) -> int:
        """Change the rows of the piece and return how many."""
        ...

    def statements(self, connection: Connection, job: BatchJob, piece: Piece) -> Sequence[sql.Composed]:
        """Return the statements that `change` begins with, to be shown and explained."""
        ...
