"""Placeholders of templates in SQL files: found where the server's grammar fails, filled when the project says how.

`[lint.placeholders]` gives the SQL text for each name: `schema = "public"`. Without it a templated statement is a
finding of its own (`templated-sql`), and the rest of the file is linted all the same.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One place in a text; `name` is what `[lint.placeholders]` calls it."""

    syntax: str
    text: str
    name: str


_SYNTAXES = {
    "Jinja, `{{ … }}`": r"\{\{-?\s*(?P<jinja>.*?)\s*-?\}\}",
    "Jinja, `{% … %}`": r"\{%.*?%\}|\{#.*?#\}",
    "ERB, `<%= … %>`": r"<%=?\s*(?P<erb>.*?)\s*-?%>",
    "shell or Flyway, `${…}`": r"\$\{\s*(?P<shell>[^}]*?)\s*\}",
    "Python, `%(…)s`": r"%\((?P<python>\w+)\)s",
    "psql or a driver, `:name`": r"(?<![:\w]):(?P<quote>['\"]?)(?P<colon>[A-Za-z_]\w*)(?P=quote)",
}
_ANY = re.compile("|".join(f"(?P<s{number}>{pattern})" for number, pattern in enumerate(_SYNTAXES.values())), re.DOTALL)
_STRING = re.compile(r"(?<!:)'(?:[^']|'')*'")
"""A literal, in which a template disturbs nobody; not psql's `:'name'`."""
_NAMES = ("jinja", "erb", "shell", "python", "colon")
_MARKS = ("{{", "{%", "{#", "<%", "${", "%(", ":")
_CONTROL = "Jinja, `{% … %}`"


def placeholders(text: str) -> tuple[Placeholder, ...]:
    """Return the placeholders of a text that is not SQL as it stands."""
    masked = _STRING.sub(lambda match: " " * len(match[0]), text)
    return tuple(_placeholder(match) for match in _matches(masked))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with the known placeholders filled; a control tag becomes as many spaces.

    Without values nothing is touched: a project without templates pays nothing and is never misread.
    """
    if not values or not any(mark in text for mark in _MARKS):
        return text
    return _ANY.sub(lambda match: _filled(match, values), text)


def _filled(match: re.Match[str], values: Mapping[str, str]) -> str:
    found = _placeholder(match)
    if found.syntax == _CONTROL:
        return re.sub(r"[^\n]", " ", match[0])
    value = values.get(found.name)
    if value is None:
        return match[0]
    quote = match["quote"] or ""
    return f"{quote}{value}{quote}"


def _matches(text: str) -> Iterator[re.Match[str]]:
    return _ANY.finditer(text) if any(mark in text for mark in _MARKS) else iter(())


def _placeholder(match: re.Match[str]) -> Placeholder:
    number = next(n for n in range(len(_SYNTAXES)) if match[f"s{n}"] is not None)
    name = next((match[group] for group in _NAMES if match[group]), "")
    return Placeholder(list(_SYNTAXES)[number], match[0], name)
