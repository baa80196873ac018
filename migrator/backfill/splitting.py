"""Where a table, or what is left of a range, is cut so that several workers have about the same to do.

The cuts are keys of rows on pages picked at random (TABLESAMPLE SYSTEM): that needs no statistics, works for a key of
any type and any number of columns, and costs the same for a table of any size. A range with few rows is not cut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from migrator.backfill.keyset import Key, KeyRange, Keyset, key_as_text, range_conditions
from migrator.pg.driver import Connection, sql
from migrator.pg.queries import query
from migrator.state import ranges
from migrator.state.places import Place
from migrator.state.ranges import NewRange, OpenRange

_PAGES = 400
"""Pages read to find cuts; a few milliseconds, and quantiles are right within some percent."""
_BATCHES_WORTH = 4
"""A range is cut only where each half has about so many batches to do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Keys of a range, in order, and about how many rows each of them stands for."""

    keys: tuple[Key, ...]
    rows_each: float

    @property
    def rows(self) -> float:
        """About how many rows the range has."""
        return len(self.keys) * self.rows_each


def cuts(connection: Connection, keyset: Keyset, keys: KeyRange, pieces: int, batch_size: int) -> tuple[Key, ...]:
    """Return keys that cut the range into about equal pieces: at most `pieces`, fewer when it is small."""
    if pieces < 2 or keyset.rows_per_page:  # noqa: PLR2004 one piece has no cut, and pages are not keys
        return ()
    sample = read_sample(connection, keyset, keys)
    pieces = min(pieces, int(sample.rows / (_BATCHES_WORTH * batch_size)), len(sample.keys))
    found = [sample.keys[len(sample.keys) * number // pieces] for number in range(1, pieces)]
    return tuple(key for key in dict.fromkeys(found) if key != keys.upto)


def new_ranges(part: str | None, place: Place, keys: KeyRange, at: Sequence[Key]) -> list[NewRange]:
    """Return the ranges between the cuts; what was done before lies in the first."""
    bounds = [keys.after, *at, keys.upto]
    made = [NewRange(part, low, high, Place(low)) for low, high in pairwise(bounds) if high is not None]
    made[0] = NewRange(part, made[0].lo, made[0].hi, place)
    return made


def split_largest(
    connection: Connection, migration: str, name: str, keyset_of: Callable[[str | None], Keyset], batch_size: int
) -> bool:
    """Cut what is left of the largest range of other workers in two; return whether one was worth it.

    The worker that has it waits some milliseconds, and sees its new end when its next batch begins.
    """
    chosen = _largest(connection, ranges.open_ranges(connection, migration, name), keyset_of, batch_size)
    if chosen is None:
        return False
    with connection.transaction():
        connection.execute(query("batches.begin_cut", "migrator.backfill"))
        found = ranges.lock_open(connection, chosen.id)
        at = cuts(connection, keyset_of(chosen.part), KeyRange(found.begun, found.hi), 2, batch_size) if found else ()
        if found is None or not at:
            return False
        ranges.cut(connection, found.id, at[0])
    return True


def _largest(
    connection: Connection, found: Sequence[OpenRange], keyset_of: Callable[[str | None], Keyset], batch_size: int
) -> OpenRange | None:
    sizes = {each: read_sample(connection, keyset_of(each.part), KeyRange(each.begun, each.hi)).rows for each in found}
    worth = {each: rows for each, rows in sizes.items() if rows >= 2 * _BATCHES_WORTH * batch_size}
    return max(worth, key=lambda each: worth[each], default=None)


def read_sample(connection: Connection, keyset: Keyset, keys: KeyRange) -> Sample:
    """Return keys of the range that stand for all of them."""
    row = connection.execute(query("batches.pages", "migrator.backfill"), {"table": keyset.oid}).fetchone()
    share = min(1.0, _PAGES / max(1, row["pages"] if row else 0))
    found: list[Key] = []
    for condition in range_conditions(keyset, keys):
        statement = sql.SQL("SELECT {} AS key FROM {} TABLESAMPLE SYSTEM ({}) WHERE {} ORDER BY {}").format(
            key_as_text(keyset),
            keyset.source,
            sql.Literal(100 * share),
            condition,
            keyset.order(),
        )
        found += [tuple(each["key"]) for each in connection.execute(statement)]
    return Sample(tuple(found), 1 / share)
