"""Columns that an ORM uses because of what a model says, without their names: `belongs_to :team` reads team_id.

Rails and Laravel; a key that is named beside the association is found by its name.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_MARKS = ("belongs_to", "belongsTo", "morphTo", "SoftDeletes", "extends Model")
_SOFT = re.compile(r"^\s*use\s+(?:[\w\\]+,\s*)*SoftDeletes\b", re.MULTILINE)
_STAMPED = re.compile(r"\bclass\s+\w+\s+extends\s+Model\b")
_NOT_STAMPED = re.compile(r"\$timestamps\s*=\s*false\b")
_STAMPS = frozenset({"created_at", "updated_at"})


def implied_columns(path: str, text: str, columns: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the place and the column of each use that a model of the table implies.

    Args:
        path: of the file.
        text: of a file that names the table's class.
        columns: that are asked for.
    """
    if not (path.endswith((".rb", ".php")) and any(mark in text for mark in _MARKS)):
        return
    for column in columns:
        found = _found(path, text, column)
        if found is not None:
            yield found.start(), column


def _found(path: str, text: str, column: str) -> re.Match[str] | None:
    if column.endswith(("_id", "_type")):
        return _association(column.rpartition("_")[0]).search(text)
    if not path.endswith(".php"):
        return None
    if column == "deleted_at":
        return _SOFT.search(text)
    is_stamped = column in _STAMPS and _NOT_STAMPED.search(text) is None
    return _STAMPED.search(text) if is_stamped else None


@lru_cache(maxsize=1_000)
def _association(name: str) -> re.Pattern[str]:
    """Match the association of that name, when it does not name another key."""
    first, *others = name.split("_")
    camel = first + "".join(part[:1].upper() + part[1:] for part in others)
    return re.compile(
        rf"\bbelongs_to[\s(]+[:'\"]{name}\b(?![^\n]*foreign_key)"
        rf"|\bfunction\s+{camel}\s*\(\s*\)[^{{]*\{{[^{{}}]*->(?:belongsTo\(\s*[\w\\]+::class\s*|morphTo\()\)",
        re.DOTALL,
    )
