"""Functions that tests use as Python backfills."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]
Returned = Iterable[Mapping[str, Any] | None]


def count_up(rows: Rows) -> Returned:
    return [{"touched": row["touched"] + 1} for row in rows]


def describe(rows: Rows) -> Returned:
    """Every type that `make_typed` has, and rows that are left alone."""
    for row in rows:
        if row["id"] % 10 == 0:
            yield None
        else:
            text = None if row["id"] % 7 == 0 else f"it's {row['id']} {{,\"\\"
            yield {"words": text, "data": {"id": row["id"]}, "amount": row["id"] / 4, "at": row["born"]}


def too_few(rows: Rows) -> Returned:
    return [{"touched": 1} for _ in rows[1:]]


def other_column(rows: Rows) -> Returned:
    return [{"toched": 1} for _ in rows]


def one(rows: Rows) -> Returned:
    return [{"touched": 1} for _ in rows]
