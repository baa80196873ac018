"""Rows of a query in portions, so that a batch of wide rows is not in memory as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.pg.driver import Connection, TupleCursor, sql, tuple_row
from migrator.pg.time_values import take_all_times

LARGEST_PORTION = 4_000
"""Rows of a portion: a tenth of a large batch, and many times what a round trip costs."""
_FIRST_PORTION = 10
_PORTION_BYTES = 4 << 20
"""As the server sends them; Python's values take several times as much, and three portions are in memory at once."""
_SAMPLE = 20
_GROWTH = 4


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows of a query."""

    names: Sequence[str]
    cursor: TupleCursor

    def load(self) -> Sequence[tuple[Any, ...]]:
        """Return the rows as Python's values, once: the server is not needed for it and may be asked something else."""
        return self.cursor.fetchall()


@dataclass(slots=True)
class RowPortions:
    """Reads rows in portions as large as their width allows, which it learns and keeps for the next queries."""

    size: int = _FIRST_PORTION
    """Rows of the next portion."""
    most: int = LARGEST_PORTION
    """As many as the function works on in good time."""

    def took(self, rows: int, seconds: float, limit: float) -> None:
        """Hear how long the function worked on a portion: the next ones are so small that it stays within the limit."""
        self.most = max(1, min(LARGEST_PORTION, int(rows * limit / max(seconds, 1e-6))))

    def read(self, connection: Connection, statements: Sequence[sql.Composed]) -> Iterator[Portion]:
        """Yield the rows of the queries, as they are when each begins; to be called inside a transaction."""
        for statement in statements:
            connection.execute(sql.SQL("DECLARE migrator_rows NO SCROLL CURSOR FOR {}").format(statement))
            is_end = False
            while not is_end:
                cursor, asked = _ask(connection, self.size), self.size
                self._learn(cursor)
                is_end = cursor.rowcount < asked
                if cursor.rowcount:
                    yield Portion([column.name for column in cursor.description or ()], cursor)
            connection.execute("CLOSE migrator_rows")

    def _learn(self, cursor: TupleCursor) -> None:
        result = cursor.pgresult
        if result is None or not result.ntuples:
            return
        sample = range(0, result.ntuples, -(-result.ntuples // _SAMPLE))
        width = sum(len(result.get_value(row, column) or b"") for row in sample for column in range(result.nfields))
        fitting = _PORTION_BYTES * len(sample) // max(width, 1)
        self.size = max(1, min(fitting, _GROWTH * self.size, self.most))


def _ask(connection: Connection, rows: int) -> TupleCursor:
    cursor = connection.cursor(row_factory=tuple_row)
    take_all_times(cursor)
    return cursor.execute(sql.SQL("FETCH {} FROM migrator_rows").format(sql.Literal(rows)))
