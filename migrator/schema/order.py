"""The order of migrations by their names: as people number them, V2 before V10, V1 before V1.1, V99 before 20260901.

Flyway's V does not count, so that a folder with a date comes after the files that a team brought along; repeatables
come last. One order for the replay of lint and recipes and for the phase engine: otherwise the schema that was checked
is not the one that is made.
"""

import re

_NUMBER = re.compile(r"(\d+)")
_VERSION = re.compile(r"[Vv](\d+(?:[._]\d+)*)__")
_REPEATABLE = re.compile(r"[Rr]__")

Key = tuple[tuple[int, int | str], ...]


def order_key(name: str) -> Key:
    """Return what to sort the name of a file or folder by."""
    if _REPEATABLE.match(name):
        return ((2, ""), *_parts(name))
    version = _VERSION.match(name)
    if version is None:
        return _parts(name)
    numbers = tuple((0, int(number)) for number in re.split(r"[._]", version[1]))
    return (*numbers, (-1, ""), *_parts(name[version.end() :]))


def is_repeatable(name: str) -> bool:
    """Whether the file runs again whenever it changes: Flyway's `R__name.sql`."""
    return _REPEATABLE.match(name) is not None and name.endswith(".sql")


def _parts(name: str) -> Key:
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in _NUMBER.split(name) if part)
