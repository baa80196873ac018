"""Texts of a migration program in one plain form: joined where they were cut, and in quotes that every pattern knows.

`'ALTER TABLE ' . 'users'` is one text, Ruby's `%q(…)` and JavaScript's backticks are quotes like others. No line moves.
"""

import re

_JOINT = re.compile(r"(?P<quote>['\"])(?:[ \t\n]*(?:\+|\.|<>)[ \t\n]*|[ \t]*\\\n[ \t]*)(?P=quote)")
_NAME_IN_BACKTICKS = re.compile(r"(?<![\w)\]`])`([\w.]+)`")
_PERCENT = re.compile(
    r"(?<![\w)\]}])%[qQ]?(?:\((?P<a>[^()`]*(?:\([^()`]*\)[^()`]*)*)\)|\[(?P<b>[^\[\]`]*)\]|\{(?P<c>[^{}`]*)\}"
    r"|\|(?P<d>[^|`]*)\|)"
)


def with_plain_texts(text: str, language: str) -> str:
    """Return the program with its texts in plain form."""
    if language == "ruby":
        text = _PERCENT.sub(lambda match: f"`{match[match.lastgroup or 0]}`", text)
    if language == "javascript":
        text = _NAME_IN_BACKTICKS.sub(r"'\1'", text)
    return _JOINT.sub(_blank, text)


def as_written(text: str) -> str:
    """Return a text without what keeps its lines where they were."""
    return text.replace("\\\n", "\n")


def _blank(match: re.Match[str]) -> str:
    return "\\\n" * match[0].count("\n")
