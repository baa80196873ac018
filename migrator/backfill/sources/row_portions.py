"""Rows of a query in portions, so that a batch of wide rows is not in memory as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.pg.driver import Connection, TupleCursor, sql, tuple_row
from migrator.pg.time_values import take_all_times

PORTION = 2_000
"""Rows of one portion: a tenth of a large batch, and many times what a round trip costs."""
_FETCH = sql.SQL("FETCH {} FROM migrator_rows").format(sql.Literal(PORTION))


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows of a query."""

    names: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


def portions(connection: Connection, statements: Sequence[sql.Composed]) -> Iterator[Portion]:
    """Yield the rows of the queries, as they are when each begins; to be called inside a transaction."""
    for statement in statements:
        connection.execute(sql.SQL("DECLARE migrator_rows NO SCROLL CURSOR FOR {}").format(statement))
        is_end = False
        while not is_end:
            cursor = _ask(connection)
            rows = cursor.fetchall()
            is_end = len(rows) < PORTION
            if rows:
                yield Portion([column.name for column in cursor.description or ()], rows)
        connection.execute("CLOSE migrator_rows")


def _ask(connection: Connection) -> TupleCursor:
    cursor = connection.cursor(row_factory=tuple_row)
    take_all_times(cursor)
    return cursor.execute(_FETCH)
