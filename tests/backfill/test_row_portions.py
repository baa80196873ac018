"""Rows in portions: few when they are wide, many when they are narrow, all of them in any case."""

from itertools import chain

from migrator.backfill.sources.row_portions import LARGEST_PORTION, RowPortions
from migrator.pg.connection import Connection
from migrator.pg.driver import sql

_NARROW = sql.SQL("SELECT n FROM generate_series(1, {}) AS n")
_WIDE = sql.SQL("SELECT n, repeat('x', {}) AS text FROM generate_series(1, {}) AS n")


def read(connection: Connection, portions: RowPortions, *statements: sql.Composed) -> list[list[int]]:
    """Return the first column of each portion."""
    with connection.transaction():
        found = portions.read(connection, statements)
        return [[row[0] for row in portion.load()] for portion in found]


def test_narrow_rows_come_in_portions_that_grow(one_connection: Connection) -> None:
    found = read(one_connection, RowPortions(), _NARROW.format(5000), _NARROW.format(0), _NARROW.format(4000))
    assert [len(rows) for rows in found[:3]] == [10, 40, 160]
    assert max(map(len, found)) == LARGEST_PORTION
    assert list(chain.from_iterable(found)) == [*range(1, 5001), *range(1, 4001)]


def test_wide_rows_come_few_at_a_time(one_connection: Connection) -> None:
    portions = RowPortions()
    found = read(one_connection, portions, _WIDE.format(1_000_000, 30))
    assert list(chain.from_iterable(found)) == list(range(1, 31))
    assert {len(rows) for rows in found[1:-1]} == {4}
    assert max(map(len, read(one_connection, portions, _NARROW.format(3000)))) > 1000, "it grows again"
