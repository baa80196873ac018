"""All columns of a table in SQL that stands in any text: `SELECT *`, `u.*`, `RETURNING *`, inserts that name no column.

For languages whose strings nobody parses. A star inside of EXISTS or count needs no column.
"""

import re
from collections.abc import Iterable, Iterator

_NAME = r"(?:[\\\"`\[]*\w+[\\\"`\]]*\.)?[\\\"`\[]*(?P<{}>\w+)[\\\"`\]]*"
_STAR = re.compile(
    r"(?P<exists>\bexists\s*\(\s*)?\bselect\s+(?:distinct\s+|all\s+)?(?P<star>\*)\s*from\b", re.IGNORECASE
)
_ALIAS = re.compile(r"\b(?P<alias>[A-Za-z_]\w*)\.(?P<star>\*)\s*(?=,|from\b)", re.IGNORECASE)
_TABLE = re.compile(
    rf"(?:\bfrom|\bjoin|,)\s+(?:only\s+|lateral\s+)?{_NAME.format('table')}(?:\s+(?:as\s+)?(?P<alias>\w+))?",
    re.IGNORECASE,
)
_END = re.compile(
    r"\b(?:where|group\s+by|order\s+by|limit|union|returning|having|values|set)\b|[;`\"')](?!\.)", re.IGNORECASE
)
_WRITE = re.compile(
    rf"\b(?:insert\s+into|update|delete\s+from|merge\s+into)\s+(?:only\s+)?{_NAME.format('table')}", re.IGNORECASE
)
_POSITIONAL = re.compile(
    rf"\binsert\s+into\s+{_NAME.format('table')}\s+(?P<star>values\b|select\b|table\b)", re.IGNORECASE
)
_RETURNING = re.compile(r"\breturning\s+(?P<star>\*)", re.IGNORECASE)
_CLIENT = re.compile(
    r"\bfrom\(\s*['\"`](?P<table>\w+)['\"`]\s*\)\s*\.select\(\s*(?:['\"`](?P<star>\*)['\"`])", re.IGNORECASE
)
_FROM, _SELECT = (re.compile(rf"\b{word}\b", re.IGNORECASE) for word in ("from", "select"))
_JOINT = re.compile(r"(?P<quote>['\"`])\s*(?:\+|\.|<>|\\\n)?\s*(?P=quote)(?=[\w*\s])")
_NO_NEWLINE = re.compile(r"[^\n]+")
_NESTED = re.compile(r"\([^()]*\)")
_DEEP = 3
_FAR = 1_500
"""Characters between a star and the table that it is of; statements are rarely longer."""


def whole_rows(text: str, tables: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the place and table of each use of all columns of one of these tables.

    Args:
        text: of a file in any language, without its comments.
        tables: their names as in the database.
    """
    lowered = text.lower()
    has_star = "*" in text and ("select" in lowered or "returning" in lowered)
    if not has_star and "insert into" not in lowered:
        return
    text = _JOINT.sub(_blank, text)
    wanted = {table.lower(): table for table in tables}
    for at, name in (*_selected(text), *_of_alias(text), *_written(text)):
        if name.lower() in wanted:
            yield at, wanted[name.lower()]


def _blank(match: re.Match[str]) -> str:
    """A text that was cut in two is one: `"SELECT * " + "FROM users"`; every place stays where it is."""
    return _NO_NEWLINE.sub(lambda part: " " * len(part[0]), match[0])


def _selected(text: str) -> Iterator[tuple[int, str]]:
    for match in _STAR.finditer(text):
        if not match["exists"]:
            clause = _clause(text, match.end() - len("from"))
            yield from ((match.start("star"), found["table"]) for found in _TABLE.finditer(clause))
    for match in (*_POSITIONAL.finditer(text), *_CLIENT.finditer(text)):
        yield match.start("star"), match["table"]


def _of_alias(text: str) -> Iterator[tuple[int, str]]:
    for match in _ALIAS.finditer(text):
        start = _FROM.search(text, match.end(), match.end() + _FAR)
        if start is None or _SELECT.search(text, max(0, match.start() - _FAR), match.start()) is None:
            continue
        for found in _TABLE.finditer(_clause(text, start.start())):
            if match["alias"].lower() in ((found["alias"] or "").lower(), found["table"].lower()):
                yield match.start("star"), found["table"]


def _written(text: str) -> Iterator[tuple[int, str]]:
    for match in _RETURNING.finditer(text):
        before = list(_WRITE.finditer(text, max(0, match.start() - _FAR), match.start()))
        if before:
            yield match.start("star"), before[-1]["table"]


def _clause(text: str, start: int) -> str:
    """Return the tables of a FROM, with the conditions of its joins."""
    clause = text[start : start + _FAR]
    for _ in range(_DEEP):  # what stands in a subquery is not its star's
        clause = _NESTED.sub(lambda match: " " * len(match[0]), clause)
    end = _END.search(clause.replace('\\"', "  "))
    return clause[: end.start()] if end is not None else clause
