"""Suppressions: `-- migrator: allow <rule>: <reason>` before, inside or behind a statement.

`-- migrator: allow-file <rule>: <reason>` speaks of the whole file, wherever in it the comment stands. The colon and
the reason are required. One without them, with an unknown rule, or that suppresses nothing is a finding itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrator.statements.parse import scan_comments
from migrator.statements.statement import Comment, Statement

MARK = "migrator:"
VERBS = ("allow", "allow-file")
TRANSACTION_VERBS = ("transaction", "no-transaction")
"""Not suppressions: they say whether the runner of this file wraps it in a transaction."""
_STEP_VERB = "step"
"""`-- migrator:step …` is the phase engine's (`migrator.phases.directives`), which says itself what is wrong in one."""
_FORM = re.compile(r"migrator:\s*(?P<verb>\S*)\s*(?P<rule>[\w-]*)(?:\s*:\s*(?P<reason>.*))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment; `statement` is the index of the statement that it speaks of."""

    line: int
    verb: str
    rule: str
    reason: str
    statement: int | None

    @property
    def is_for_file(self) -> bool:
        """Whether it speaks of every statement of its file."""
        return self.verb == "allow-file"

    def allows(self, rule: str, statement: int | None) -> bool:
        """Whether a claim of that rule about that statement is allowed; a file's own claims only by `allow-file`."""
        is_meant = self.is_for_file or (statement is not None and statement == self.statement)
        return self.rule == rule and is_meant


def read_suppressions(text: str, statements: Sequence[Statement]) -> Iterator[Suppression]:
    """Yield the suppressions of a text; the scanner is asked only when the mark is there at all."""
    if MARK not in text.lower():
        return
    for comment in scan_comments(text):
        match = _FORM.match(comment.text)
        if match and match["verb"].lower() not in (*TRANSACTION_VERBS, _STEP_VERB):
            target = _target(comment, statements, text)
            yield Suppression(
                comment.line, match["verb"].lower(), match["rule"], (match["reason"] or "").strip(), target
            )


def _target(comment: Comment, statements: Sequence[Statement], text: str) -> int | None:
    """Return the statement around the comment, else the one that ends on its line before it, else the next one."""
    for number, statement in enumerate(statements):
        if statement.span.start <= comment.span.start < statement.span.end:
            return number
    before = [n for n, s in enumerate(statements) if s.span.end <= comment.span.start]
    if before and "\n" not in text[statements[before[-1]].span.end : comment.span.start]:
        return before[-1]
    return len(before) if len(before) < len(statements) else None
