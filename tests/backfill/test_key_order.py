"""A walk along a key meets the rows in the order of its index, whatever the directions of the columns are.

Compared with the order in which the server sorts the whole table.
"""

from dataclasses import dataclass
from itertools import chain, product

import pytest

from migrator.backfill.keyset import (
    KeyRange,
    Keyset,
    count_keys,
    key_as_range,
    key_as_text,
    last_key,
    next_range,
    pages_condition,
    range_conditions,
)
from migrator.backfill.splitting import read_sample
from migrator.backfill.table_keys import read_keyset
from migrator.names import TableName
from migrator.pg.connection import Connection
from migrator.pg.driver import sql
from migrator.state.places import Key

ROWS = 24
_VALUES = "g % 3, CASE g % 4 WHEN 0 THEN 1.0 WHEN 1 THEN 1.00 ELSE g % 7 END, (g % 5)::text, md5(g::text)::uuid"
"""The same number is written in two ways: keys that differ as text are in one group."""
ORDERS = {
    "one-way": ("a, b, c, d", "a, b, c, d"),
    "last": ("a, b, c, d DESC", "a, b, c, d DESC"),
    "first": ("a DESC, b, c, d", "a, b DESC, c DESC, d DESC"),
    "each": ("a, b DESC, c, d DESC", "a, b DESC, c, d DESC"),
    "middle": ("a DESC NULLS LAST, b NULLS FIRST, c, d DESC", "a, b DESC, c DESC, d"),
}
"""The columns of the index, and the order in which it is walked."""


@dataclass
class Walked:
    """A small table, and its keys in the order in which the server sorts them."""

    connection: Connection
    keyset: Keyset
    keys: list[Key]

    def within(self, condition: sql.Composable) -> list[Key]:
        statement = sql.SQL("SELECT {} AS key FROM items WHERE {} ORDER BY {}")
        found = self.connection.execute(statement.format(key_as_text(self.keyset), condition, self.keyset.order()))
        return [tuple(row["key"]) for row in found]

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """Where ranges begin and end: neighbours, and some of all others; -1: from the first key."""
        pairs = [(low, high) for low, high in product(range(-1, ROWS), range(ROWS)) if low < high]
        return [pair for pair in pairs if pair[0] + 2 >= pair[1]] + pairs[::8]

    def range(self, low: int, high: int) -> KeyRange:
        return KeyRange(None if low < 0 else self.keys[low], self.keys[high])


@pytest.fixture(params=ORDERS)
def walked(request: pytest.FixtureRequest, one_connection: Connection) -> Walked:
    columns, order = ORDERS[request.param]
    one_connection.execute("CREATE TABLE items (a int NOT NULL, b numeric NOT NULL, c text NOT NULL, d uuid NOT NULL)")
    one_connection.execute(f"CREATE UNIQUE INDEX items_key ON items ({columns})".encode())
    one_connection.execute(f"INSERT INTO items SELECT {_VALUES} FROM generate_series(1, {ROWS}) g".encode())
    keyset = read_keyset(one_connection, TableName("public", "items"))
    rows = one_connection.execute(
        f"SELECT ARRAY[a::text, b::text, c, d::text] AS k FROM items ORDER BY {order}".encode()
    )
    return Walked(one_connection, keyset, [tuple(row["k"]) for row in rows])


def test_a_range_holds_what_lies_between_its_ends(walked: Walked) -> None:
    for low, high in walked.ranges:
        expected, keys = walked.keys[low + 1 : high + 1], walked.range(low, high)
        pieces = [walked.within(condition) for condition in range_conditions(walked.keyset, keys)]
        assert list(chain(*pieces)) == expected, "each row once, and the pieces in the order of the walk"
        assert walked.within(pages_condition(walked.keyset, keys)) == expected
        assert count_keys(walked.connection, walked.keyset, keys) == len(expected)


def test_the_next_range_ends_so_many_keys_further(walked: Walked) -> None:
    assert last_key(walked.connection, walked.keyset) == walked.keys[-1]
    for low, high in walked.ranges:
        keys = walked.range(low, ROWS - 1)
        found = next_range(walked.connection, walked.keyset, keys.after, walked.keys[-3], high - low)
        assert found == KeyRange(keys.after, walked.keys[min(high, ROWS - 3)])


def test_a_key_is_found_with_the_one_before_it(walked: Walked) -> None:
    for number in range(ROWS):
        assert key_as_range(walked.connection, walked.keyset, walked.keys[number]) == walked.range(number - 1, number)
    walked.connection.execute("DELETE FROM items WHERE ARRAY[a::text, b::text, c, d::text] = %s", [[*walked.keys[7]]])
    assert key_as_range(walked.connection, walked.keyset, walked.keys[7]) is None


def test_a_sample_of_a_range_is_in_the_order_of_the_walk(walked: Walked) -> None:
    sample = read_sample(walked.connection, walked.keyset, walked.range(4, 20))
    assert list(sample.keys) == walked.keys[5:21]
