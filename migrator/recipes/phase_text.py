"""The text of a phase's file: a comment that says what a reviewer must know, then plain SQL that psql could run."""

import textwrap
from collections.abc import Iterable, Sequence

Step = str | Sequence[str]
"""One statement, or several that belong in one transaction."""

_WIDTH = 112


def phase_text(about: Iterable[str], steps: Iterable[Step]) -> str:
    """Return the file's text: the paragraphs of `about` as a comment, then each step; a sequence is one transaction."""
    comment = "\n".join(_comment(line) for line in about)
    return "\n\n".join((comment, *(_step(step) for step in steps))) + "\n"


def _comment(line: str) -> str:
    return "\n".join(f"-- {part}" for part in textwrap.wrap(line, _WIDTH))


def _step(step: Step) -> str:
    if isinstance(step, str):
        return f"{step};"
    return "\n".join(("BEGIN;", *(f"{statement};" for statement in step), "COMMIT;"))
