"""Names in a migration program that stand for texts of the same file: constants, and tables given with their schema.

`const TABLE = 'users'` and `{ schema: 'app', tableName: 'users' }` become what they say, so that the calls with them
are understood. Every line stays where it is.
"""

import re

_CONSTANT = re.compile(
    r"^[ \t]*(?:(?:export|const|let|var|val|final|static|readonly|private|protected|public|internal|[sS]tring)[ \t]+)*"
    r"(?P<name>[A-Za-z_$@][\w$]*)[ \t]*(?::[ \t]*&?'?[\w ]+)?[ \t]*:?="
    r"[ \t]*(?P<quote>['\"`])(?P<value>[A-Za-z_][\w.]*)(?P=quote)[ \t]*(?:as const)?;?[ \t]*$",
    re.MULTILINE,
)
_SHORTEST = 3
_OBJECT = re.compile(
    r"(?<!new TableColumn\()(?<!new Table\()(?<=\()(?P<space>\s*)\{\s*(?=[^{}]*\b(?:tableName|name):)"
    r"(?:\s*(?:(?:tableName|name):\s*['\"](?P<table>\w+)['\"]|schema:\s*['\"](?P<schema>\w+)['\"])\s*,?)+\s*\}"
)
"""`{ tableName: 'users', schema: 'app' }` of Sequelize, with `name` of node-pg-migrate."""


def with_texts(text: str) -> str:
    """Return the program with the texts that its names stand for, where they are arguments or put into a text."""
    text = _OBJECT.sub(_table, text)
    values: dict[str, set[str]] = {}
    for match in _CONSTANT.finditer(text):
        values.setdefault(match["name"].lstrip("$@"), set()).add(match["value"])
    for name, found in values.items():
        if len(found) == 1 and len(name) >= _SHORTEST:
            text = _put(text, name, next(iter(found)))
    return text


def _put(text: str, name: str, value: str) -> str:
    owner = r"(?:\$this->|(?:this|self|Self|\w+Migration)(?:\.|::)|[$@])?"
    text = re.sub(rf"(?<=[(\[,\s]){owner}{name}(?=\s*[,)\]])", f"'{value}'", text)
    return re.sub(rf"[$#]\{{\s*{owner}{name}\s*\}}", value, text)


def _table(match: re.Match[str]) -> str:
    schema = f"{match['schema']}." if match["schema"] else ""
    return f"{match['space']}'{schema}{match['table']}'" + "\n" * match[0][len(match["space"]) :].count("\n")
