"""Suppressions: `-- migrator: allow <rule> <reason>` before, inside or behind a statement.

The reason is required. One without it, with an unknown rule, or that suppresses nothing is a finding itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.statements.parse import scan_comments
from migrator.statements.statement import Comment, Statement

MARK = "migrator:"
_FORM = re.compile(r"migrator:\s*(?P<verb>\S*)\s*(?P<rule>[\w-]*)[\s:,-]*(?P<reason>.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment; `statement` is the index of the statement that it speaks of."""

    line: int
    verb: str
    rule: str
    reason: str
    statement: int | None


def read_suppressions(text: str, statements: Sequence[Statement]) -> Iterator[Suppression]:
    """Yield the suppressions of a text; the scanner is asked only when the mark is there at all."""
    if MARK not in text.lower():
        return
    for comment in scan_comments(text):
        if match := _FORM.match(comment.text):
            target = _target(comment, statements, text)
            yield Suppression(comment.line, match["verb"].lower(), match["rule"], match["reason"].strip(), target)


def _target(comment: Comment, statements: Sequence[Statement], text: str) -> int | None:
    """Return the statement around the comment, else the one that ends on its line before it, else the next one."""
    for number, statement in enumerate(statements):
        if statement.span.start <= comment.span.start < statement.span.end:
            return number
    before = [n for n, s in enumerate(statements) if s.span.end <= comment.span.start]
    if before and "\n" not in text[statements[before[-1]].span.end : comment.span.start]:
        return before[-1]
    return len(before) if len(before) < len(statements) else None
