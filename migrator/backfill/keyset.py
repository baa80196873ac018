"""Walking a table by its key: which key, how far the next batch goes, and the conditions of a key range.

Every query here reads the key's index from one point and stops after a known number of entries; none gets slower as
the table grows or the walk advances (`tests/backfill/test_plans.py`). Keys travel as text and are cast back by the
server, so any type and any collation is compared by the server alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from migrator.backfill import pages
from migrator.names import TableName
from migrator.pg.driver import Connection, Row, sql
from migrator.pg.fragment import TypeName
from migrator.pg.queries import query
from migrator.state.backfills import Key

_COUNTED_ROWS = 100_000
"""A table of so many rows is counted in some milliseconds; an estimate for it may be far off, or not there yet."""
_INTEGERS = ("int2", "int4", "int8")
_AND, _OR, _ANY = sql.SQL(" AND "), sql.SQL(" OR "), sql.SQL("true")
_COMMA = sql.SQL(", ")
_SORTED = {
    (False, False): sql.SQL(""),
    (False, True): sql.SQL(" NULLS FIRST"),
    (True, False): sql.SQL(" DESC"),
    (True, True): sql.SQL(" DESC NULLS LAST"),
}
"""By whether it descends, and whether NULL would come first in the ascending order."""


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column of the key and the catalog name of its type (no length: casting back must cut nothing off)."""

    name: str
    type_schema: str
    type_name: str
    """Of a domain the type that it is made of: a domain over an enum has no operators of its own, and a rule that the
    domain was given later would refuse keys that are there."""
    is_domain: bool = False
    is_null_first: bool = False
    """How its index would sort NULL; no row has one, but ORDER BY that says otherwise would not use the index."""
    number: int = 0
    """Its place in the table, which a new name does not change."""
    sorted: str = ""
    """How its values sort: the same for types, and for collations, by which the same texts come in the same order."""
    is_reversed: bool = False
    """Whether the index sorts it the other way round than its first column, which always ascends in a walk."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """A table and the unique key along which it is walked."""

    table: TableName
    oid: int
    index: str
    """Empty for pages."""
    columns: tuple[KeyColumn, ...]
    rows_per_page: float = 0.0
    """Of a table walked by pages; 0: walked by its key."""

    @property
    def source(self) -> sql.Identifier:
        """The table's name in a statement."""
        return sql.Identifier(*self.table)

    @property
    def is_integer(self) -> bool:
        """Whether the key is one integer, so that boundaries can be computed."""
        [first, *more] = self.columns
        return not more and first.type_schema == "pg_catalog" and first.type_name in _INTEGERS

    def named(self, columns: tuple[KeyColumn, ...]) -> list[sql.Composable]:
        """Return the columns qualified by the table, so that no output column can shadow them in ORDER BY."""
        return [sql.Identifier(*self.table, column.name) for column in columns]

    def order(self, *, is_descending: bool = False) -> sql.Composed:
        """Return what follows ORDER BY: in the direction of the walk, or from its end."""
        named = zip(self.named(self.columns), self.columns, strict=True)
        sides = ((name, each.is_reversed != is_descending, each.is_null_first) for name, each in named)
        return _COMMA.join(name + _SORTED[is_down, is_null_first] for name, is_down, is_null_first in sides)

    def operands(self, columns: tuple[KeyColumn, ...]) -> list[sql.Composable]:
        """Return the columns as they are compared; the cast of a domain to what it is made of costs nothing."""
        named = zip(self.named(columns), columns, strict=True)
        return [_cast(name, column) if column.is_domain else name for name, column in named]


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The keys after `after` (None: from the first) up to and including `upto`."""

    after: Key | None
    upto: Key

    def __str__(self) -> str:
        """Return words for messages."""
        start = "the first key" if self.after is None else f"after {', '.join(self.after)}"
        return f"{start} up to {', '.join(self.upto)}"


def last_key(connection: Connection, keyset: Keyset) -> Key | None:
    """Return the highest key, None for an empty table."""
    if keyset.rows_per_page:
        return pages.last_page(connection, keyset.oid)
    statement = sql.SQL("SELECT {} AS key FROM {} ORDER BY {} LIMIT 1").format(
        key_as_text(keyset), keyset.source, keyset.order(is_descending=True)
    )
    row = connection.execute(statement).fetchone()
    return tuple(row["key"]) if row else None


def rows_estimate(connection: Connection, table: TableName, oid: int) -> int | None:
    """Return the table's row count for progress: counted when small, else the server's estimate; None: no idea."""
    estimate = connection.execute(query("batches.estimate", "migrator.backfill"), {"table": oid}).fetchone()
    known = int(estimate["rows"] or 0) if estimate else 0
    if known > _COUNTED_ROWS:
        return known
    statement = sql.SQL("SELECT count(*) AS rows FROM (SELECT FROM {} LIMIT {}) AS few")
    counted = connection.execute(statement.format(sql.Identifier(*table), sql.Literal(_COUNTED_ROWS + 1))).fetchone()
    rows = int(counted["rows"]) if counted else 0
    return rows if rows <= _COUNTED_ROWS else None


def column_types(connection: Connection, keyset: Keyset) -> dict[str, TypeName]:
    """Return the type of each column of the table."""
    rows = connection.execute(query("batches.column_types", "migrator.backfill"), {"table": keyset.oid})
    return {row["column"]: TypeName(row["type"]) for row in rows}


def next_range(connection: Connection, keyset: Keyset, after: Key | None, end: Key, keys: int) -> KeyRange:
    """Return the range of the next `keys` keys, or of all up to `end` when fewer are left."""
    if keyset.rows_per_page:
        return KeyRange(after, pages.next_page(after, end, keys / keyset.rows_per_page))
    statement = boundary_query(keyset, after, end, keys)
    row = connection.execute(statement).fetchone()
    return KeyRange(after, end if row is None or row["is_last"] else tuple(row["key"]))


def boundary_query(keyset: Keyset, after: Key | None, end: Key, keys: int) -> sql.Composed:
    """Return the query for the key that ends the next batch.

    The end of the walk is compared in the output and not in WHERE: rows that were inserted behind it would
    otherwise be read and thrown away one by one in the last batch.
    """
    is_last = _OR.join(_beyond(keyset, end, _runs(keyset.columns), is_inclusive=True))
    starts = [_ANY] if after is None else _beyond(keyset, after, _runs(keyset.columns))
    # Where the key needs several, they are read one after the other. Should a server ever read them in another order,
    # the batch would have another size, and nothing would be wrong.
    each = (
        sql.SQL("(SELECT {} AS key, {} AS is_last FROM {} WHERE {} ORDER BY {} LIMIT {})").format(
            key_as_text(keyset), is_last, keyset.source, start, keyset.order(), sql.Literal(keys)
        )
        for start in starts
    )
    return sql.SQL("SELECT * FROM ({}) AS walked OFFSET {} LIMIT 1").format(
        sql.SQL(" UNION ALL ").join(each), sql.Literal(keys - 1)
    )


def count_keys(connection: Connection, keyset: Keyset, keys: KeyRange) -> int:
    """Return how many keys the range has, reading all of its index entries."""
    counts = (
        sql.SQL("(SELECT count(*) FROM {} WHERE {})").format(keyset.source, condition)
        for condition in range_conditions(keyset, keys)
    )
    row = connection.execute(sql.SQL("SELECT {} AS keys").format(sql.SQL(" + ").join(counts))).fetchone()
    return int(row["keys"]) if row else 0


def key_as_range(connection: Connection, keyset: Keyset, key: Key) -> KeyRange | None:
    """Return the range that holds this key alone; None when no row has it."""
    found: list[Row] = []
    for condition in _beyond(keyset, key, _runs(keyset.columns), is_backward=True, is_inclusive=True):
        statement = sql.SQL("SELECT {} AS key, {} AS is_it FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
            key_as_text(keyset),
            _AND.join(_equal(keyset, slice(None), key)),
            keyset.source,
            condition,
            keyset.order(is_descending=True),
            sql.Literal(2 - len(found)),
        )
        found += connection.execute(statement).fetchall()
        if not found or not found[0]["is_it"]:
            return None
        if len(found) > 1:
            return KeyRange(tuple(found[1]["key"]), key)
    return KeyRange(None, key)


def range_conditions(keyset: Keyset, keys: KeyRange) -> Iterator[sql.Composable]:
    """Yield conditions that together hold exactly the range, each one an index range with a start and a stop.

    `(a, b) > lo AND (a, b) <= hi` is right as well, but the server (before 18) stops an index scan at the first
    column of a row comparison only, and would read the whole rest of `hi`'s group in each batch: with a billion
    rows of one tenant, every batch would be as long as the table. A range inside one group is one condition; one
    that crosses groups has one more per further column.
    """
    return _conditions(keyset, keys)


def pages_condition(keyset: Keyset, keys: KeyRange) -> sql.Composable:
    """Return one condition for the range that makes the server collect the places of its rows and read page by page.

    No index scan can follow an OR of ranges; bitmap scans can, one for each. An index scan locks the page anew for
    each row: where most rows are read to be left alone, as in a stripe, that took a third more.
    """
    conditions = list(_conditions(keyset, keys))
    if len(conditions) == 1:
        last = _AND.join(_equal(keyset, slice(None), keys.upto))
        conditions = [*_conditions(keyset, keys, is_inclusive=False), last]
    return sql.SQL("({})").format(_OR.join(conditions))


def _conditions(keyset: Keyset, keys: KeyRange, *, is_inclusive: bool = True) -> Iterator[sql.Composable]:
    """Yield the range in pieces: those of its start, each with those of its end, in the order of the walk.

    Most have no rows where the groups of both ends are different ones, which the server sees without reading any.
    """
    columns = keyset.columns
    shared = 0 if keys.after is None else _shared(keys.after, keys.upto, len(columns) - 1)
    # Equal leading columns are left out of the comparisons: those would start at the beginning of their group.
    single = [slice(number, number + 1) for number in range(shared, len(columns))]
    stops = _beyond(keyset, keys.upto, single, is_backward=True, is_inclusive=is_inclusive)
    starts = [None] if keys.after is None else _beyond(keyset, keys.after, _runs(columns, shared))
    same = _equal(keyset, slice(shared), keys.upto)
    for start in starts:
        for stop in reversed(stops):
            yield _AND.join([*same, *([start] if start else []), stop])


def _shared(after: Key, upto: Key, most: int) -> int:
    """Return how many leading columns have the same text.

    A column may be equal without that (a collation that ignores case): then the conditions are more, and not wrong.
    """
    return next((number for number in range(most) if after[number] != upto[number]), most)


def _runs(columns: tuple[KeyColumn, ...], first: int = 0) -> list[slice]:
    """Return the columns from `first` on in pieces that go in one direction, as a comparison of rows does."""
    turns = (n for n in range(first + 1, len(columns)) if columns[n].is_reversed != columns[n - 1].is_reversed)
    return [slice(start, stop) for start, stop in pairwise([first, *turns, len(columns)])]


def _beyond(
    keyset: Keyset, key: Key, pieces: list[slice], *, is_backward: bool = False, is_inclusive: bool = False
) -> list[sql.Composable]:
    """Return conditions that together hold what comes after `key` in the walk, the nearest keys first.

    Each piece of the key needs one: what is equal in the pieces before it, and comes later by this one.
    """
    found: list[sql.Composable] = []
    for piece in reversed(pieces):
        first = keyset.columns[piece][0]
        sign = "<" if first.is_reversed != is_backward else ">"
        last = "=" if is_inclusive and piece.stop == len(keyset.columns) else ""
        equal = _equal(keyset, slice(pieces[0].start, piece.start), key)
        found.append(_AND.join([*equal, _compared(keyset, _OPERATORS[sign + last], piece, key)]))
    return found


_OPERATORS = {operator: sql.SQL(operator) for operator in (">", ">=", "<", "<=", "=")}


def _equal(keyset: Keyset, piece: slice, key: Key) -> list[sql.Composable]:
    numbers = range(*piece.indices(len(keyset.columns)))
    return [_compared(keyset, _OPERATORS["="], slice(number, number + 1), key) for number in numbers]


def _compared(keyset: Keyset, operator: sql.SQL, piece: slice, key: Key) -> sql.Composable:
    columns = keyset.columns[piece]
    values = [_cast(sql.Literal(value), column) for column, value in zip(columns, key[piece], strict=False)]
    keys = _COMMA.join(keyset.operands(columns))
    return sql.SQL("({}) {} ({})").format(keys, operator, _COMMA.join(values))


def _cast(value: sql.Composable, column: KeyColumn) -> sql.Composable:
    return sql.SQL("{}::{}").format(value, sql.Identifier(column.type_schema, column.type_name))


def key_as_text(keyset: Keyset) -> sql.Composable:
    """Return the expression for a key as it travels and is stored."""
    return sql.SQL("ARRAY[{}]").format(
        _COMMA.join(column + sql.SQL("::pg_catalog.text") for column in keyset.named(keyset.columns))
    )
