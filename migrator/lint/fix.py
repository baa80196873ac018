"""`--fix` and `--diff`: applies the edits that findings carry, until no finding offers one.

A fix is taken whole or not at all: when one of its edits overlaps with one that was taken, it waits for the next
round, in which the changed file is linted again.
"""

import difflib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import InputError
from migrator.lint.finding import Edit, Finding, Fix
from migrator.lint.source import Source

_MOST_ROUNDS = 10
"""Each round repairs at least one finding; a file that is not quiet by then is left as it is by then."""


@dataclass(frozen=True, slots=True)
class FixedSource:
    """A file before and after."""

    path: str
    before: str
    after: str
    titles: tuple[str, ...]
    """What was done, each fix once."""
    refused: tuple[str, ...] = ()
    """What was not done, each with its line and the reason."""


def fix_source(source: Source, lint: Callable[[Source], Sequence[Finding]]) -> FixedSource:
    """Apply every fix of the findings and of those that are found afterwards."""
    text, titles = source.text, dict[str, None]()
    findings: Sequence[Finding] = ()
    for _ in range(_MOST_ROUNDS):
        findings = lint(Source(source.path, text))
        changed, taken = apply(text, [f.claim.fix for f in findings if f.claim.fix is not None])
        if changed == text:
            break
        text = changed
        titles |= dict.fromkeys(taken)
    refused = (f"{f.line}: {f.rule} is not fixed: {f.unfixed}." for f in findings if f.unfixed)
    return FixedSource(source.path, source.text, text, tuple(titles), tuple(refused))


def apply(text: str, fixes: Iterable[Fix]) -> tuple[str, tuple[str, ...]]:
    """Return the text with all fixes that do not overlap, and the titles of those."""
    taken: list[Edit] = []
    titles: list[str] = []
    for fix in fixes:
        edits = [edit for edit in fix.edits if edit not in taken]
        if not any(_overlap(edit, other) for edit in edits for other in taken):
            taken += edits
            titles.append(fix.title)
    newline = "\r\n" if "\r\n" in text else "\n"
    for edit in sorted(taken, key=_from_the_end, reverse=True):
        replacement = edit.text.replace("\r\n", "\n").replace("\n", newline)
        text = text[: edit.span.start] + replacement + text[edit.span.end :]
    return text, tuple(titles)


def diff(fixed: FixedSource) -> str:
    """Return the change as a unified diff that `git apply` reads."""
    path = fixed.path.replace(os.sep, "/").removeprefix("./").lstrip("/")
    lines = difflib.unified_diff(_lines(fixed.before), _lines(fixed.after), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def save(fixed: FixedSource) -> None:
    """Write the file anew, whole or not at all; its permissions stay.

    Raises:
        InputError: it cannot be written.
    """
    target = Path(os.path.realpath(fixed.path))
    try:
        mode = target.stat().st_mode
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as stream:
            stream.write(fixed.after.encode())
        Path(stream.name).chmod(mode)
        Path(stream.name).replace(target)
    except OSError as exc:
        raise InputError(f"{fixed.path} cannot be written: {exc.strerror}.", "Check who may write it.") from exc


def _overlap(one: Edit, other: Edit) -> bool:
    """Two insertions in one place overlap as well: which of them comes first would be chance."""
    if one.span == other.span:
        return True
    return one.span.start < other.span.end and other.span.start < one.span.end


def _from_the_end(edit: Edit) -> tuple[int, int]:
    return edit.span.start, edit.span.end


def _lines(text: str) -> list[str]:
    """Cut at line feeds only: `splitlines` also cuts at form feeds and others, which are no lines to git."""
    return [line for line in _pieces(text) if line]


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    yield text[start:]
