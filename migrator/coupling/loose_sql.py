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
_IN_BLOCK = re.compile(
    r"\b(?:ALTER|DROP)\s+(?:TABLE|VIEW|MATERIALIZED\s+VIEW|FOREIGN\s+TABLE|TYPE|SCHEMA)\b[^;']*"
    r"|\bCREATE\s+(?:UNLOGGED\s+)?TABLE\b[^;']*",
    re.IGNORECASE,
)


def filled_in(text: str) -> str:
    """Return the text as the server would read it; every line stays where it is."""
    text = _COPIED.sub(lambda match: _blank(match[0]), text)
    text = _COMMAND.sub(lambda match: _blank(match[0]), text)
    text = _SCHEMA.sub(lambda match: _blank(match[0]), text)
    return _NAME.sub(UNTOLD, text)


def in_block(text: str) -> list[str]:
    """Return the statements about tables that a DO block runs, by their words."""
    return [match.strip() for match in _IN_BLOCK.findall(text)]


def _blank(text: str) -> str:
    return _NO_NEWLINE.sub(lambda part: " " * len(part[0]), text)
