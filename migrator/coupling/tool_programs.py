"""Programs in a folder of migrations that are none, and migrations of which only the form was changed.

A runner, a list of the migrations, an `embed.go`: they have no version in their names, and a database never "has run"
them. Tools for programs keep no checksum, so a formatter's edit of an old migration changes nothing either.
"""

import re
from collections import Counter
from pathlib import PurePosixPath

from migrator.references.comments import without_comments

PROGRAMS = frozenset(".go .ts .mts .cts .js .mjs .cjs .rs .java .kt .scala .groovy .cs .ex .exs .php .rb".split())
_OF_A_VERSION = re.compile(r"\[(?:\w+\.)*Migration\(|@ChangeUnit\b|@Migration\b")
_QUOTES = re.compile(r"[\"`]")
_TRAILING = re.compile(r"[,;](?=[)\]}]|\Z)")


def is_reformatted(path: str, old: str, new: str) -> bool:
    """Whether only white space, comments, quotes and trailing commas differ."""
    return _squeezed(path, old) == _squeezed(path, new)


def is_tool(path: str, old: str, new: str) -> bool:
    """Whether the file has no version, and everything that it said of the schema still stands in it."""
    file = PurePosixPath(path)
    if any(character.isdigit() for character in f"{file.parent.name}/{file.name}") or _OF_A_VERSION.search(old):
        return False
    from migrator.coupling.programs.spelled import read_spelled  # loads the parser

    return read_spelled(path, old) is None or not Counter(_lines(path, old)) - Counter(_lines(path, new))


def _lines(path: str, text: str) -> list[str]:
    stripped = (line.strip().rstrip(",") for line in without_comments(path, text).splitlines())
    return [line for line in stripped if line]


def _squeezed(path: str, text: str) -> str:
    joined = "".join(_QUOTES.sub("'", without_comments(path, text)).split())
    return _TRAILING.sub("", joined.replace(";", ""))
