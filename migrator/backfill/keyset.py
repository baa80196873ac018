"""Walking a table by its key: which key, how far the next batch goes, and the conditions of a key range.

Every query here reads the key's index from one point and stops after a known number of entries; none gets slower as
the table grows or the walk advances (`tests/backfill/test_plans.py`). Keys travel as text and are cast back by the
server, so any type and any collation is compared by the server alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from migrator.backfill import pages
from migrator.names import TableName
from migrator.pg.driver import Connection, sql
from migrator.pg.fragment import TypeName
from migrator.pg.queries import query
from migrator.state.backfills import Key

_COUNTED_ROWS = 100_000
"""A table of so many rows is counted in some milliseconds; an estimate for it may be far off, or not there yet."""
_INTEGERS = ("int2", "int4", "int8")
_AND = sql.SQL(" AND ")
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
        """Return what follows ORDER BY: in the direction of the key, or from its end."""
        named = zip(self.named(self.columns), self.columns, strict=True)
        return _COMMA.join(column + _SORTED[is_descending, each.is_null_first] for column, each in named)

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
    start = sql.SQL("")
    if after is not None:
        start = sql.SQL(" WHERE {}").format(_compared(keyset, ">", keyset.columns, after))
    return sql.SQL("SELECT {} AS key, {} AS is_last FROM {}{} ORDER BY {} OFFSET {} LIMIT 1").format(
        key_as_text(keyset),
        _compared(keyset, ">=", keyset.columns, end),
        keyset.source,
        start,
        keyset.order(),
        sql.Literal(keys - 1),
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
    statement = sql.SQL("SELECT {} AS key, {} AS is_it FROM {} WHERE {} ORDER BY {} LIMIT 2").format(
        key_as_text(keyset),
        _compared(keyset, "=", keyset.columns, key),
        keyset.source,
        _compared(keyset, "<=", keyset.columns, key),
        keyset.order(is_descending=True),
    )
    rows = connection.execute(statement).fetchall()
    if not rows or not rows[0]["is_it"]:
        return None
    return KeyRange(tuple(rows[1]["key"]) if len(rows) > 1 else None, key)


def range_conditions(keyset: Keyset, keys: KeyRange) -> Iterator[sql.Composable]:
    """Yield conditions that together hold exactly the range, each one an index range with a start and a stop.

    `(a, b) > lo AND (a, b) <= hi` is right as well, but the server (before 18) stops an index scan at the first
    column of a row comparison only, and would read the whole rest of `hi`'s group in each batch: with a billion
    rows of one tenant, every batch would be as long as the table. A range inside one group is one condition; one
    that crosses groups has one more per further column.
    """
    return _conditions(keyset, keys, "<=")


def pages_condition(keyset: Keyset, keys: KeyRange) -> sql.Composable:
    """Return one condition for the range that makes the server collect the places of its rows and read page by page.

    No index scan can follow an OR of ranges; bitmap scans can, one for each. An index scan locks the page anew for
    each row: where most rows are read to be left alone, as in a stripe, that took a third more.
    """
    conditions = list(_conditions(keyset, keys, "<="))
    if len(conditions) == 1:
        conditions = [*_conditions(keyset, keys, "<"), _AND.join(_equal(keyset, keyset.columns, keys.upto))]
    return sql.SQL("({})").format(sql.SQL(" OR ").join(conditions))


def _conditions(keyset: Keyset, keys: KeyRange, last: str) -> Iterator[sql.Composable]:
    columns = keyset.columns
    shared = 0 if keys.after is None else _shared(keys.after, keys.upto)
    for depth in range(shared, len(columns)):
        operator = last if depth == len(columns) - 1 else "<"
        below = _compared(keyset, operator, columns[depth : depth + 1], keys.upto[depth:])
        # Equal leading columns are left out of the first comparison: it would start at the beginning of their group.
        skipped = shared if depth == shared else 0
        after = [] if keys.after is None else [_compared(keyset, ">", columns[skipped:], keys.after[skipped:])]
        yield _AND.join([*_equal(keyset, columns[:depth], keys.upto), *after, below])


def _shared(after: Key, upto: Key) -> int:
    """Return how many leading columns have the same text, always fewer than all.

    A column may be equal without that (a collation that ignores case): then the conditions are more, and not wrong.
    """
    equal = 0
    while equal < len(upto) - 1 and after[equal] == upto[equal]:
        equal += 1
    return equal


_OPERATORS = {operator: sql.SQL(operator) for operator in (">", ">=", "<", "<=", "=")}


def _equal(keyset: Keyset, columns: tuple[KeyColumn, ...], key: Key) -> list[sql.Composable]:
    return [_compared(keyset, "=", (column,), (value,)) for column, value in zip(columns, key, strict=False)]


def _compared(keyset: Keyset, operator: str, columns: tuple[KeyColumn, ...], key: Key) -> sql.Composable:
    values = [_cast(sql.Literal(value), column) for column, value in zip(columns, key, strict=False)]
    keys = _COMMA.join(keyset.operands(columns))
    return sql.SQL("({}) {} ({})").format(keys, _OPERATORS[operator], _COMMA.join(values))


def _cast(value: sql.Composable, column: KeyColumn) -> sql.Composable:
    return sql.SQL("{}::{}").format(value, sql.Identifier(column.type_schema, column.type_name))


def key_as_text(keyset: Keyset) -> sql.Composable:
    """Return the expression for a key as it travels and is stored."""
    return sql.SQL("ARRAY[{}]").format(
        _COMMA.join(column + sql.SQL("::pg_catalog.text") for column in keyset.named(keyset.columns))
    )
