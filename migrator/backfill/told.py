"""What a worker has told of the batches of its range, to be corrected by what the server kept of them.

A batch does not wait for the disk (docs/decisions/0009), so a server that crashes may lose some that were told; and a
COMMIT whose answer was lost may have kept one that was not. Without the correction the history of runs would count
batches twice that were done again, and leave out the others.
"""

from collections import deque

from migrator.state.backfills import Standing
from migrator.state.places import Place

_MOST = 10_000
"""Batches remembered: far more than a server commits in the second that it may lose."""


class Told:
    """The batches of one range since it was leased."""

    def __init__(self, place: Place, rows: int) -> None:
        self._rows = rows
        self._places = deque([place], _MOST)

    def add(self, place: Place, rows: int) -> None:
        """Remember a batch that was told, and where it ended."""
        self._rows += rows
        self._places.append(place)

    def corrected(self, standing: Standing) -> tuple[int, int]:
        """Return the rows and batches that the server has more, or less, than was told; go on from there."""
        rows = standing.range_rows - self._rows
        batches = int(rows > 0)
        if standing.place in self._places:
            batches = 0
            while self._places[-1] != standing.place:
                self._places.pop()
                batches -= 1
        else:
            self._places.append(standing.place)
        self._rows = standing.range_rows
        return rows, batches
