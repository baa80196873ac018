"""Stripes: a window of keys is gone over several times, each time changing another part of its rows.

An UPDATE writes a new version of a row; where its page is full, the version goes to another page, every index gets
a new entry, and the table doubles. The first stripe of a window moves a few rows off each page. Once it is committed,
their old versions are pruned, and the rows of the next stripes find room on their own page: no index is written, the
table does not grow. That needs a column that is in no index, and nobody who still sees the old versions; what is
measured (the share of HOT updates) decides whether stripes go on or plain ranges are used for a while.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from migrator.backfill.keyset import Keyset
from migrator.backfill.sizing import LARGEST
from migrator.pg.driver import Connection, errors, sql
from migrator.pg.queries import query
from migrator.state.places import Window

STRIPES = 6
"""Measured on even stripes: 4 grow the table 1.33 times, 6 1.25 times, at the same speed within the noise."""
_MOST_STRIPES = 16
_LEAST_ROOM = 0.05
_ROWS_PER_STRIPE = 4
"""A page holds so many rows of each stripe at least, or else a stripe rarely finds the room that it needs."""
_CACHE_SHARE = 4
"""A window, old and new versions together, stays in the cache while it is gone over: this part of it at most."""
_SMALLEST_WINDOW, _LARGEST_WINDOW = 6_000, 120_000
_HOT_ALREADY = 0.9
_HOT_TOO_RARE = 0.35
_HOT_DISTURBED = 0.8
"""Alone, 0.9 of a window's last stripe are HOT updates; two workers that do not wait for each other see 0.6."""
_LONGEST_REST = 256
_DISTURBED_BATCHES = 3
_HASH_BITS = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Division:
    """How rows are told apart: by a hash of their key or, for an integer key without gaps, by the key itself.

    Keys in a row lie on a page in a row, so that each stripe has the same number of rows on every page; a hash
    leaves pages with too many of one stripe.
    """

    hashed: sql.Composable
    number: sql.Composable | None = None

    def condition(self, window: Window, *, is_positive: bool = False) -> sql.Composable:
        """Return the condition for the rows of the window's stripe; `is_positive`: no key is below zero.

        It is evaluated for every row of the window as often as there are stripes: each operator is some percent of
        the backfill.
        """
        stripes, stripe = sql.Literal(window.stripes), sql.Literal(window.stripe)
        if window.is_even and self.number is not None:
            if is_positive:
                return sql.SQL("{} % {} = {}").format(self.number, stripes, stripe)
            below_zero = sql.Literal(window.stripe - window.stripes)
            return sql.SQL("({0} % {1} = {2} OR {0} % {1} = {3})").format(self.number, stripes, stripe, below_zero)
        return sql.SQL("({} & {}) % {} = {}").format(self.hashed, sql.Literal(_HASH_BITS), stripes, stripe)


@dataclass(frozen=True, slots=True)
class Rest:
    """How long something is left alone that did not help: doubled each time, short again when it has helped.

    It begins at one, because what holds old versions is mostly short: an autovacuum's ANALYZE takes a second or two.
    """

    left: int = 0
    last: int = 0

    def longer(self) -> "Rest":
        """Begin one."""
        steps = min(max(1, 2 * self.last), _LONGEST_REST)
        return Rest(steps, steps)

    def passed(self) -> "Rest":
        """Return what is left of it a step later."""
        return replace(self, left=max(0, self.left - 1))


@dataclass(frozen=True, slots=True)
class Striping:
    """Whether the next window is striped, and how; every method returns the next state."""

    most: int
    """Stripes of a window when they help; 1: they never do."""
    window_keys: int = _SMALLEST_WINDOW
    reason: str = ""
    """Why there is one stripe only, in words."""
    is_tried: bool = False
    """Whether a plain batch has shown that the pages have no room by themselves."""
    plain: Rest = Rest()
    """Plain batches until stripes are tried again."""
    short: Rest = Rest()
    """Windows gone over in short batches until long ones are tried again."""
    is_shared: bool = False
    """Whether other workers are on the table, who see old versions all the time."""

    @property
    def is_disturbed(self) -> bool:
        """Whether others see old versions for so long that the next batch comes too early for their room."""
        return self.is_shared or self.short.left > 0

    @property
    def longest_batch(self) -> int:
        """Most keys of a window that one batch goes over.

        Another worker's batch, begun before our last one was committed, still sees the versions that ours left. With
        another batch in between it has ended, and the room is free when we come back.
        """
        return self.window_keys // _DISTURBED_BATCHES if self.is_disturbed else LARGEST * self.most

    @property
    def stripes(self) -> int:
        """Stripes of the next window."""
        return self.most if self.is_tried and self.plain.left == 0 else 1

    def beside(self, others: int) -> "Striping":
        """Return it for one of several workers, who see each other's old versions: no window is lost to finding out."""
        return replace(self, is_shared=others > 0)

    def after_window(self, stripes: int, rows: int, hot: int) -> "Striping":
        """Learn from a window's last stripe, or a plain batch: `hot` of `rows` updates found room on their page."""
        if self.most == 1 or rows == 0:
            return self
        share = hot / rows
        if stripes == 1:
            plain = replace(self.plain, left=1) if share >= _HOT_ALREADY else self.plain.passed()
            return replace(self, is_tried=True, plain=plain)
        if share < _HOT_TOO_RARE:
            return replace(self, plain=self.plain.longer())
        if share < _HOT_DISTURBED:
            return replace(self, plain=Rest(), short=self.short.longer())
        return replace(self, plain=Rest(), short=self.short.passed() if self.short.left else Rest())


PLAIN = Striping(1)


def plan_striping(
    connection: Connection, keyset: Keyset, columns: Iterable[str], division: Division | None
) -> Striping:
    """Return how windows of the table are striped when the columns are changed."""
    values = {"table": keyset.oid, "columns": list(columns)}
    row = connection.execute(query("batches.striping", "migrator.backfill"), values).fetchone()
    if row is None or division is None:
        return Striping(1, reason="the key has no hash function")
    if row["indexed"]:
        return Striping(1, reason=f"column {row['indexed']} is in an index, so each update writes all indexes")
    width = max(1.0, float(row["row_bytes"] or 0))
    stripes = _stripes(room=1 - row["fillfactor"] / 100, rows_per_page=int(row["block_bytes"] / width))
    if stripes == 1:
        return Striping(1, reason="a page holds too few of these rows")
    fitting = int(row["cache_bytes"] / _CACHE_SHARE / (2 * width))
    return Striping(stripes, window_keys=max(_SMALLEST_WINDOW, min(fitting, _LARGEST_WINDOW)))


def _stripes(*, room: float, rows_per_page: int) -> int:
    """Return so many stripes that one of them fits into the room that fillfactor left, or the usual number."""
    wanted = STRIPES
    if room >= _LEAST_ROOM:
        wanted = min(_MOST_STRIPES, max(2, round(1.2 / room)))
    return max(1, min(wanted, rows_per_page // _ROWS_PER_STRIPE))


def read_division(connection: Connection, keyset: Keyset) -> Division | None:
    """Return how the rows of the table are divided; None when a type of the key cannot be hashed."""
    values = {"table": keyset.oid, "columns": [column.name for column in keyset.columns]}
    rows = connection.execute(query("batches.hash_functions", "migrator.backfill"), values).fetchall()
    hashed = [_hashed(keyset, row["column"], row["function_schema"], row["function"]) for row in rows]
    total = hashed[0]
    for one in hashed[1:]:
        total = sql.SQL("({}::bigint % 16777216 * 31 + {})").format(total, one)
    first = sql.SQL("SELECT {} AS hash FROM {} LIMIT 1").format(total, keyset.source)
    try:
        connection.execute(first)
    except errors.UndefinedFunction:
        return None
    number = keyset.named(keyset.columns)[0] if keyset.is_integer else None
    return Division(total, number)


def _hashed(keyset: Keyset, column: str, schema: str | None, function: str | None) -> sql.Composable:
    name = sql.Identifier(*keyset.table, column)
    if schema is None or function is None:
        return sql.SQL("pg_catalog.hash_record(ROW({}))").format(name)
    return sql.SQL("{}({})").format(sql.Identifier(schema, function), name)
