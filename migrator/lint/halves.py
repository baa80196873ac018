"""Files of other migration tools: the way forward, the way back, and the transaction in which their runner puts each.

dbmate, goose, sql-migrate, node-pg-migrate and tern keep both ways in one file, between comments; golang-migrate, sqlx,
Diesel, Hasura and Flyway in two files. A way back is judged like the `abort.sql` of a migration of ours: it finds the
schema that its way forward leaves, may remove what that made, and is no part of the history.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.lint.wrapping import TOOLS, Mark, Sending, Wrapping, of_file, of_mark
from migrator.statements.statement import Span

_MARK = re.compile(
    r"^--+[ \t]*(?:(?P<dbmate>migrate:(?:up|(?P<b1>down)))|(?P<goose>\+goose[ \t]+(?:Up|(?P<b2>Down)))"
    r"|(?P<sql_migrate>\+migrate[ \t]+(?:Up|(?P<b3>Down)))|(?P<node_pg_migrate>(?:Up|(?P<b4>Down))[ \t]+Migration)"
    r"|(?P<tern>create above / (?P<b5>drop) below))\b[^\n]*\n?",
    re.IGNORECASE | re.MULTILINE,
)
_BACK = ("b1", "b2", "b3", "b4", "b5")
_HINTS = ("igrat", "+goose", "drop below")
"""One of these is in every mark: other files are not searched."""
_NO_NEWLINE = re.compile(r"[^\n]+")
_BACK_NAME = re.compile(r"(?:(?:^|.*\.)(?:down|undo|rollback)|revert|U\d[\w.]*__.*)\.sql", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Half:
    """What a tool runs at one time: a whole file, or its part between two marks."""

    text: str
    """As long as the file's, with spaces for what belongs to the other half."""
    is_back: bool = False
    start: int = 0
    """Where a statement may be added in front of the others."""
    wrapping: Wrapping | None = None
    """None: nothing says how it is run."""

    def sending(self, assumed: bool | None) -> Sending:  # noqa: FBT001 the setting, which may be missing
        """Return what surrounds the statements: as the file says, else as the project says, else as the tool does."""
        if self.wrapping is not None and (self.wrapping.is_said or assumed is None):
            return self.wrapping.sending
        return Sending.WRAPPED if assumed else Sending.SINGLY


def halves_of(path: Path, text: str) -> tuple[Half, ...]:
    """Return the half that goes forward, if there is one, and then the one that goes back."""
    marks = list(_marks(text))
    if not marks:
        return (_whole(path, text),)
    halves = (_half(text, marks, is_back=is_back) for is_back in (False, True))
    return tuple(half for half in halves if half is not None)


def is_way_back(path: Path) -> bool:
    """Whether the file's name says that it undoes another."""
    return _BACK_NAME.fullmatch(path.name) is not None


def way_forward(path: Path) -> Path | None:
    """Return the file that a file of the way back undoes; None where there is none."""
    return next((file for file in _forward_names(path) if file.is_file()), None)


def forward_text(path: Path, text: str) -> str:
    """Return the text with spaces for its way back."""
    return next((half.text for half in halves_of(path, text) if not half.is_back), "")


def history_text(path: Path, text: str) -> str:
    """Return what of a file made the schema what it is: nothing of one that undoes another."""
    return "" if is_way_back(path) else forward_text(path, text)


def _whole(path: Path, text: str) -> Half:
    wrapping, start = of_file(path, text)
    return Half(text, is_way_back(path), start, wrapping)


def _half(text: str, marks: list[Mark], *, is_back: bool) -> Half | None:
    """Return the half of one direction; what stands before the first mark belongs to the way forward."""
    own = [mark for mark in marks if mark.is_back is is_back]
    if is_back and not own:
        return None
    kept: list[str] = []
    end = 0
    for span in _spans(len(text), marks, is_back=is_back):
        kept += [_blank(text[end : span.start]), text[span.start : span.end]]
        end = span.end
    kept.append(_blank(text[end:]))
    return Half("".join(kept), is_back, own[0].end if own else 0, of_mark(text, own[0] if own else marks[0]))


def _spans(length: int, marks: list[Mark], *, is_back: bool) -> Iterator[Span]:
    """Yield the parts of one direction: from each of its marks to the next mark."""
    starts = [(0, False), *((mark.start, mark.is_back) for mark in marks)]
    ends = [*(start for start, _ in starts[1:]), length]
    for (start, is_of_back), end in zip(starts, ends, strict=True):
        if is_of_back is is_back:
            yield Span(start, end)


def _marks(text: str) -> Iterator[Mark]:
    if any(hint in text for hint in _HINTS):
        for match in _MARK.finditer(text):
            tool = next(name for name in TOOLS if match[name] is not None)
            is_back = any(match[name] is not None for name in _BACK)
            yield Mark(tool, match[0].rstrip(), match.start(), match.end(), is_back)


def _blank(text: str) -> str:
    return _NO_NEWLINE.sub(lambda match: " " * len(match[0]), text)


def _forward_names(path: Path) -> Iterator[Path]:
    name = path.name
    if name.lower() in {"down.sql", "revert.sql"}:
        yield path.with_name("up.sql")
    stem = re.sub(r"\.(down|undo|rollback)\.sql\Z", "", name, flags=re.IGNORECASE)
    if stem != name:
        yield path.with_name(f"{stem}.up.sql")
        yield path.with_name(f"{stem}.sql")
    if (version := re.match(r"U(\d[\w.]*?)__", name)) is not None:
        yield from sorted(path.parent.glob(f"V{version[1]}__*.sql"))
