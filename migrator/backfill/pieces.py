"""Which rows the next batch changes: a range of keys and, inside a striped window, the stripe of it.

Boundaries come from the key's index. Where an integer key has few gaps they are computed instead: reading 10,000
index entries to find the next boundary would cost some percent of changing the rows.
"""

import math
from dataclasses import dataclass, replace

from migrator.backfill.keyset import KeyRange, Keyset, count_keys, next_range
from migrator.backfill.sizing import LARGEST
from migrator.pg.driver import Connection
from migrator.state.places import Key, Place, Window

DENSE = 0.5
"""With so many of the key's values in use, a computed range holds at most twice the rows that were asked for."""
_EVEN = 0.9
_SLIGHTLY_MORE = 1.25


@dataclass(frozen=True, slots=True)
class Piece:
    """What one batch changes, and the place when it is committed."""

    keys: KeyRange
    place: Place
    stripe: Window | None = None
    """The window with the stripe whose rows are changed; None: all rows of the range."""
    keys_counted: int | None = None
    """Keys of the range, where the index was read to find its end."""

    @property
    def stripes(self) -> int:
        """How many pieces share the rows of its keys."""
        return 1 if self.stripe is None else self.stripe.stripes

    @property
    def ends_window(self) -> bool:
        """Whether nothing of the window is left, so that what was measured in it can be judged."""
        return self.place.window is None

    @property
    def is_last_stripe(self) -> bool:
        """Whether its updates show what stripes are worth: the last ones find the room that the first one made."""
        return self.stripe is None or self.stripe.stripe + 1 == self.stripe.stripes

    @property
    def ends_stripe(self) -> bool:
        """Whether the whole window has been gone over once more."""
        return self.stripe is None or self.keys.upto == self.stripe.upto

    def keys_passed(self, rows: int, *, is_every_row_changed: bool) -> int:
        """Return how many keys the piece counts for, so that a window's pieces add up to its keys."""
        if is_every_row_changed:
            return rows
        if self.stripe is None:
            return self.keys_counted or max(rows, 1)
        if not self.ends_stripe:
            return 0
        keys = self.stripe.keys or 0
        share = keys // self.stripes
        return keys - share * (self.stripes - 1) if self.ends_window else share


@dataclass(frozen=True, slots=True)
class Stride:
    """How far the next batch goes."""

    size: int
    """Rows that it should change."""
    stripes: int = 1
    """Of the next window, when none is begun."""
    window_keys: int = 0
    density: float | None = None
    """Keys per value of an integer key, as last measured; None: not known."""
    longest_batch: int | None = None
    """Most keys of a window that one batch goes over; None: no limit."""
    is_counted: bool = False
    """Whether the keys of windows must be counted, because the rows changed do not tell how many there were."""


def next_piece(connection: Connection, keyset: Keyset, place: Place, end: Key, stride: Stride) -> Piece:
    """Return what the next batch changes: of the window that is begun, or of a new one."""
    window = place.window
    if window is None:
        limits, whole = KeyRange(place.checkpoint, end), replace(stride, density=_relied_on(stride))
        if stride.stripes == 1:
            keys, counted = _counted(connection, keyset, limits, stride.size, whole)
            return Piece(keys, Place(keys.upto), None, counted)
        longest = min(max(stride.window_keys, stride.size), LARGEST * stride.stripes)
        keys, counted = _counted(connection, keyset, limits, longest, whole)
        window = Window(keys.upto, stride.stripes, keys=counted)
        window = replace(window, is_even=(_density_in(keyset, place, window, stride) or 0) >= _EVEN)
    return _stripe(connection, keyset, Place(place.checkpoint, window), window, stride)


def _relied_on(stride: Stride) -> float | None:
    return None if stride.is_counted else stride.density


def _stripe(connection: Connection, keyset: Keyset, place: Place, window: Window, stride: Stride) -> Piece:
    limits = KeyRange(place.passed, window.upto)
    stride = replace(stride, density=_density_in(keyset, place, window, stride))
    # A batch of one row is how a row that fails is found: then a stripe must not widen it to several keys.
    wanted = stride.size * window.stripes if stride.size > 1 else 1
    if stride.longest_batch is not None:
        wanted = min(wanted, stride.longest_batch)
    left = _left(keyset, limits, window, stride)
    if left is not None and left <= _SLIGHTLY_MORE * wanted:
        return Piece(limits, _after(place, window, limits.upto), window)
    if left is not None:
        wanted = math.ceil(left / math.ceil(left / wanted))  # equal parts: a small last one would cost as much
    keys, counted = _range(connection, keyset, limits, wanted, stride)
    return Piece(keys, _after(place, window, keys.upto), window, counted)


def _density_in(keyset: Keyset, place: Place, window: Window, stride: Stride) -> float | None:
    """Return keys per value in the window; None where nobody knows, as for one that reaches over a gap to the end."""
    whole = KeyRange(place.checkpoint, window.upto)
    if window.keys is not None:
        return density(keyset, whole, window.keys)
    values = values_in(keyset, whole)
    if values is None or stride.density is None or values * stride.density > LARGEST * window.stripes:
        return None
    return stride.density


def _left(keyset: Keyset, limits: KeyRange, window: Window, stride: Stride) -> int | None:
    """Return about how many keys of the window its stripe has not passed; None: nobody knows."""
    values = values_in(keyset, limits)
    if stride.density is not None and values is not None:
        return math.ceil(values * stride.density)
    return window.keys if window.at is None else None


def _after(place: Place, window: Window, upto: Key) -> Place:
    if upto != window.upto:
        return Place(place.checkpoint, window.passed(upto))
    if window.stripe + 1 < window.stripes:
        return Place(place.checkpoint, window.next_stripe())
    return Place(window.upto)


def _counted(
    connection: Connection, keyset: Keyset, limits: KeyRange, keys: int, stride: Stride
) -> tuple[KeyRange, int | None]:
    """Return the first `keys` keys of the range and, where they must be counted, how many they are."""
    found, counted = _range(connection, keyset, limits, keys, stride)
    if counted is None and stride.is_counted:
        counted = count_keys(connection, keyset, found)
    return found, counted


def _range(
    connection: Connection, keyset: Keyset, limits: KeyRange, keys: int, stride: Stride
) -> tuple[KeyRange, int | None]:
    """Return the first `keys` keys of the range, and how many they are where that is known."""
    if stride.density is not None and stride.density >= DENSE and keyset.is_integer and limits.after is not None:
        last, upto = int(limits.upto[0]), int(limits.after[0]) + math.ceil(keys / stride.density)
        return (KeyRange(limits.after, (str(upto),)) if upto < last else limits), None
    found = next_range(connection, keyset, limits.after, limits.upto, keys)
    return found, keys if found.upto != limits.upto else None


def density(keyset: Keyset, keys: KeyRange, found: int) -> float | None:
    """Return keys per value of an integer key in a range; None for other keys."""
    values = values_in(keyset, keys)
    return None if values is None else found / max(1, values)


def values_in(keyset: Keyset, keys: KeyRange) -> int | None:
    """Return how many values an integer key can have in a range; None for other keys, and from the first key on."""
    if not keyset.is_integer or keys.after is None:
        return None
    return int(keys.upto[0]) - int(keys.after[0])
