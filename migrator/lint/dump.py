"""Dumps hold rows between the SQL: what `COPY … FROM stdin` is followed by, up to a line with `\\.` alone.

psql sends those lines to the server as data. Read as SQL, the first quote in them would hide the rest of the file.
"""

import re

_DATA = re.compile(
    r"(?P<copy>^COPY\s[^;]*?\bFROM\s+STDIN\b[^;]*;[^\n]*\n)(?P<rows>.*?)(?P<end>^\\\.[ \r]*$)",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_NOT_A_LINE_END = re.compile(r"[^\n]+")


_HEAD = re.compile(r"\ufeff?(?:--[^\n]*\n)*-- PostgreSQL database dump[\r\n]")


def is_dump(text: str) -> bool:
    """Whether pg_dump wrote the text: a whole database, which is loaded before anybody works with it."""
    return _HEAD.match(text) is not None


def without_rows(text: str) -> str:
    """Return the text with spaces for the rows and their end, so that every line and column stays where it is."""
    if "\n\\." not in text:
        return text
    return _DATA.sub(lambda match: match["copy"] + _blank(match["rows"] + match["end"]), text)


def _blank(text: str) -> str:
    return _NOT_A_LINE_END.sub(lambda match: " " * len(match[0]), text)
