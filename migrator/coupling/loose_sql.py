"""SQL that the server would not read as it stands: placeholders of Flyway, Jinja and psql, psql's commands, DO blocks.

Only tried when the grammar refuses the text. What a placeholder names nobody can tell; one in front of a table is its
schema, and is left out.
"""

import re

UNTOLD = "placeholder_"
"""How the name of a placeholder begins: nobody can compare it with the code."""
_SCHEMA = re.compile(r"(?:\$\{[\w.:-]+\}|\{\{[^{}\n]*\}\}|(?<![:\w]):\"?[A-Za-z_]\w*\"?)[ \t]*\.(?=[\w\"])")
_NAME = re.compile(r"\$\{[\w.:-]+\}|\{\{[^{}\n]*\}\}|(?<![:\w]):[A-Za-z_]\w*")
_COPIED = re.compile(
    r"^[ \t]*COPY\b[^;]*\bFROM\s+stdin\b[^;]*;.*?^\\\.[ \t]*$", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
_COMMAND = re.compile(
    r"^[ \t]*\\(?:set|unset|echo|qecho|timing|pset|encoding|restrict|unrestrict|q|c|connect)\b[^\n]*$", re.MULTILINE
)
_NO_NEWLINE = re.compile(r"[^\n]+")
_STRING = r"'(?:[^']|'')*'"
_COMMENT_OR_STRING = re.compile(rf"(?P<string>{_STRING})|--[^\n]*|/\*.*?\*/|\$\w*\$", re.DOTALL)
_JOINED = re.compile(r"'\s*\|\|\s*'")
_IN_BLOCK = re.compile(
    rf"(?P<string>{_STRING})"
    r"|(?P<statement>\b(?:(?:ALTER|DROP)\s+(?:TABLE|VIEW|MATERIALIZED\s+VIEW|FOREIGN\s+TABLE|TYPE|SCHEMA)"
    rf"|CREATE\s+(?:UNLOGGED\s+)?TABLE)\b(?:{_STRING}|[^;'])*)"
    r"|(?P<part>\bDROP\s+(?:COLUMN|TABLE|VIEW)\b[^;']*|\bRENAME\s+(?:COLUMN|TO)\b[^;']*)",
    re.IGNORECASE | re.DOTALL,
)
"""A text that is executed, a statement, and a part of one whose beginning was not found."""


def filled_in(text: str) -> str:
    """Return the text as the server would read it; every line stays where it is."""
    text = _COPIED.sub(lambda match: _blank(match[0]), text)
    text = _COMMAND.sub(lambda match: _blank(match[0]), text)
    text = _SCHEMA.sub(lambda match: _blank(match[0]), text)
    return _NAME.sub(UNTOLD, text)


def in_block(text: str) -> list[str]:
    """Return the statements about tables that a DO block runs, by their words; also those in texts that it executes."""
    found: list[str] = []
    for match in _IN_BLOCK.finditer(_JOINED.sub("", _COMMENT_OR_STRING.sub(_kept, text))):
        if match["string"]:
            found += in_block(match[0][1:-1].replace("''", "'"))
        else:
            found.append(match[0].strip())
    return found


def _kept(match: re.Match[str]) -> str:
    return match["string"] or (";" if match[0].startswith("$") else " ")


def _blank(text: str) -> str:
    return _NO_NEWLINE.sub(lambda part: " " * len(part[0]), text)
