"""Rows in portions: few when they are wide, many when they are narrow, all of them in any case."""

from migrator.backfill.sources.row_portions import LARGEST_PORTION, RowPortions
from migrator.pg.connection import Connection
from migrator.pg.driver import sql

_NARROW = sql.SQL("SELECT n FROM generate_series(1, {}) AS n")
_WIDE = sql.SQL("SELECT n, repeat('x', {}) AS text FROM generate_series(1, {}) AS n")


def test_narrow_rows_come_in_portions_that_grow(one_connection: Connection) -> None:
    portions = RowPortions()
    with one_connection.transaction():
        found = list(portions.read(one_connection, [_NARROW.format(5000), _NARROW.format(0), _NARROW.format(4000)]))
    sizes = [len(portion.rows) for portion in found]
    assert sizes[:3] == [10, 40, 160]
    assert max(sizes) == LARGEST_PORTION
    assert [row[0] for portion in found for row in portion.rows] == [*range(1, 5001), *range(1, 4001)]
    assert {tuple(portion.names) for portion in found} == {("n",)}


def test_wide_rows_come_few_at_a_time(one_connection: Connection) -> None:
    portions = RowPortions()
    with one_connection.transaction():
        found = list(portions.read(one_connection, [_WIDE.format(1_000_000, 30)]))
        assert [row[0] for portion in found for row in portion.rows] == list(range(1, 31))
        assert {len(portion.rows) for portion in found[1:-1]} == {4}
        narrow = list(portions.read(one_connection, [_NARROW.format(3000)]))
    assert max(len(portion.rows) for portion in narrow) > 1000, "it grows again"
