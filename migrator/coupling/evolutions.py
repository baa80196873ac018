"""Play's evolutions: one file with `# --- !Ups` and `# --- !Downs`, marks that are no SQL."""

import re

_MARK = re.compile(r"^[ \t]*(?:#|--)[ \t-]*!(?P<way>Ups|Downs)\b[^\n]*$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#[^\n]*$", re.MULTILINE)
_NO_NEWLINE = re.compile(r"[^\n]+")


def ups_of(text: str) -> str:
    """Return the text with spaces for its marks and for what goes back; any other text as it is."""
    marks = list(_MARK.finditer(text))
    if not marks:
        return text
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=True):
        start = mark.start() if mark["way"] == "Downs" else mark.end()
        text = text[: mark.start()] + _blank(text[mark.start() : start]) + text[start:]
        if mark["way"] == "Downs":
            text = text[:start] + _blank(text[start:end]) + text[end:]
    return _COMMENT.sub(lambda match: _blank(match[0]), text)


def _blank(text: str) -> str:
    return _NO_NEWLINE.sub(lambda part: " " * len(part[0]), text)
