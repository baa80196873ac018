"""A schema from `pg_dump`'s text: the rows of COPY and the lines for psql are left out, the rest is replayed.

`migrator lint --schema-dump FILE` reads one, so that a database's schema is known without a connection.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from migrator.errors import InputError
from migrator.schema.model import Schema
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql

_PLACES = re.compile(
    r"""(?P<skip>--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"[^"]*")
      | (?P<quote>\$(?:[^\W\d]\w*)?\$)
      | ^(?P<copy>COPY\s[^;']*?\sFROM\s+stdin[^;]*;[^\n]*)
      | ^(?P<meta>\\[^\n]*)""",
    re.VERBOSE | re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
"""What may hide a line that looks like psql's, and the lines that are."""


def read_dump(text: str) -> Schema:
    """Return the schema of a plain-text dump: all of the database, so that what is absent does not exist.

    Raises:
        InputError: a part of it is not SQL; says the line.
    """
    parsed = parse_sql(without_data(text))
    if parsed.problems:
        problem = parsed.problems[0]
        raise InputError(
            f"Line {problem.line} of the dump cannot be read: {problem.message}",
            "Write the dump with: pg_dump --schema-only --no-owner.",
        )
    return replace(replay(parsed.statements), is_complete=True).settled()


def without_data(text: str) -> str:
    r"""Return the text without COPY's rows and psql's lines (`\connect`, `\restrict`); every line keeps its number."""
    return "".join(_kept(text))


def _kept(text: str) -> Iterator[str]:
    at = 0
    while (found := _PLACES.search(text, at)) is not None:
        if found["skip"] is not None:
            end = found.end()
        elif found["quote"] is not None:
            end = _after(text, found["quote"], found.end())
        else:
            yield text[at : found.start()]
            end = found.end() if found["meta"] is not None else _after(text, "\n\\.", found.end())
            yield "\n" * text.count("\n", found.start(), end)
            at = end
            continue
        yield text[at:end]
        at = end
    yield text[at:]


def _after(text: str, mark: str, start: int) -> int:
    """Return the place behind the next mark; the end of the text where there is none."""
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)
