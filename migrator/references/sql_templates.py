"""SQL with Jinja in it, as dbt has it: a source or model becomes the table that it stands for, the rest white space.

Every place stays where it is.
"""

import re

_PLACE = re.compile(
    r"\{\{-?\s*(?:source\(\s*['\"][^'\"]*['\"]\s*,\s*['\"](?P<source>\w+)['\"]\s*\)"
    r"|ref\(\s*['\"](?P<ref>\w+)['\"]\s*\))\s*-?\}\}"
    r"|(?P<other>\{\{.*?\}\})|\{%.*?%\}|\{#.*?#\}",
    re.DOTALL,
)
_NO_NEWLINE = re.compile(r"[^\n]")
_CONFIG = re.compile(r"\{\{-?\s*config\b")


def has_templates(text: str) -> bool:
    """Whether Jinja stands in the text."""
    return "{{" in text or "{%" in text


def filled_in(text: str) -> str:
    """Return the text as plain SQL, as far as that can be told."""
    return _PLACE.sub(_value, text)


def _value(match: re.Match[str]) -> str:
    value = match["source"] or match["ref"] or ""
    if match["other"] and not _CONFIG.match(match["other"]):
        value = "x"
    return value + _NO_NEWLINE.sub(" ", match[0][len(value) :])
