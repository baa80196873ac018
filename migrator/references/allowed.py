"""`migrator: ref-ok users.email until=2026-12-31 reason=…` in a comment: a use that a person vouches for, for a while.

It stands on the line of the use or on the one above. Without a reason or a date, or after the date, it says nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from migrator.references.reference import Reference

_COMMENT = re.compile(
    r"migrator:\s*ref-ok\s+(?P<object>[\w.\"]+)\s+until=(?P<until>\d{4}-\d\d-\d\d)\s+reason=(?P<reason>\S.*)"
)


@dataclass(frozen=True, slots=True)
class _Allowed:
    line: int
    parts: tuple[str, ...]


def without_allowed(references: Iterable[Reference], text: str, today: date) -> Iterator[Reference]:
    """Yield the references for which no valid comment stands in the text of their file."""
    allowed = list(_comments(text, today)) if "ref-ok" in text else []
    for reference in references:
        if not any(_covers(comment, reference) for comment in allowed):
            yield reference


def _comments(text: str, today: date) -> Iterator[_Allowed]:
    for number, line in enumerate(text.split("\n"), 1):
        match = _COMMENT.search(line)
        if match is not None and _is_valid(match["until"], today):
            yield _Allowed(number, tuple(match["object"].replace('"', "").split(".")))


def _is_valid(until: str, today: date) -> bool:
    try:
        return date.fromisoformat(until) >= today
    except ValueError:
        return False


def _covers(comment: _Allowed, reference: Reference) -> bool:
    if reference.place.line not in (comment.line, comment.line + 1):
        return False
    column = reference.column or "*"
    names = {(reference.table, column), (reference.schema or "public", reference.table, column)}
    return comment.parts in names
