"""What git prints of commits, differences and files, read into values; `migrator.git.repository` asks for it."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_SUBMODULE = "160000"
_NOTHING = re.compile(r"0+\Z")

STATUS = {"A": "added", "M": "modified", "D": "deleted", "R": "renamed", "C": "copied", "T": "type-changed"}


class Blob(NamedTuple):
    """One file at a commit: its path from the repository's root and the id of its content."""

    path: str
    id: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """One entry of a diff; `blob` is the content afterwards, `old_blob` before."""

    status: str
    """One of `STATUS`' values."""
    path: str
    old_path: str | None
    blob: str
    old_blob: str
    is_submodule: bool
    line: int = 1
    """The first added line."""


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of a branch as its first parents tell the story."""

    commit: str
    parents: tuple[str, ...]
    message: str
    paths: tuple[str, ...]
    """Names of the files that differ from the first parent, both of a rename."""


STEP = "\x1e\x1d"
"""Between commits: no message or name of a file holds these two control characters."""


def is_nothing(commit: str) -> bool:
    """Whether it is the name of no commit, which CI systems give for a new branch: forty zeros, or nothing."""
    return _NOTHING.match(commit or "0") is not None


def contents_in(answer: bytes) -> Iterator[bytes | None]:
    """Yield what `cat-file --batch` says of each object; None for one that is no file or not there."""
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        words = answer[at:end].split()
        at = end + 1
        if len(words) != 3 or not words[2].isdigit():  # noqa: PLR2004 id, type, size; else "NAME missing"
            yield None
            continue
        size = int(words[2])
        yield answer[at : at + size] if words[1] == b"blob" else None
        at += size + 1


def changes_in(listed: bytes) -> tuple[FileChange, ...]:
    """Return the entries of `git diff --raw --patch -z`, each with its first added line; both parts have one order."""
    raw, _, patch = listed.partition(b"\0\0")
    lines = _lines_of(patch)
    return tuple(replace(change, line=_line_of(change, lines)) for change in _raw_changes(os.fsdecode(raw)))


def _raw_changes(raw: str) -> Iterator[FileChange]:
    words = iter(raw.split("\0"))
    for head in words:
        if not head:
            return
        old_mode, mode, old_blob, blob, status = head.removeprefix(":").split()
        first = next(words)
        second = next(words) if status[0] in "RC" else None
        yield FileChange(
            STATUS.get(status[0], "modified"),
            second or first,
            first if second else None,
            blob,
            old_blob,
            _SUBMODULE in (old_mode, mode),
        )


def step_in(entry: str) -> Step:
    """Return a commit of `git log --name-status -z`, of which each entry begins with `STEP`."""
    commit, parents, message, names = entry.split("\0", 3)
    words = iter(names.lstrip("\0\n").split("\0"))
    paths: list[str] = []
    for status in words:
        if status:
            paths += [next(words) for _ in range(2 if status[0] in "RC" else 1)]
    return Step(commit, tuple(parents.split()), message.strip(), tuple(paths))


def _line_of(change: FileChange, lines: Iterator[int]) -> int:
    """A change of the type, such as file to link, is two patches: the old file goes, the new one comes."""
    first = next(lines)
    return next(lines) if change.status == STATUS["T"] else first


def _lines_of(patch: bytes) -> Iterator[int]:
    """Yield the first added line of each file of a patch; a line of content never begins with `diff --git`."""
    found: int | None = None
    is_first = True
    for line in patch.split(b"\n"):
        if line.startswith(b"diff --git "):
            if not is_first:
                yield found or 1
            found, is_first = None, False
        elif found is None and (hunk := _HUNK.match(line)) and hunk[2] != b"0":
            found = max(int(hunk[1]), 1)
    if not is_first:
        yield found or 1


def trailers_of(message: str) -> Sequence[tuple[str, str]]:
    """Return `Key: value` lines of the last paragraph of a commit message, as git reads trailers."""
    last = message.rstrip().rpartition("\n\n")[2].splitlines()
    pairs = (line.partition(":") for line in last)
    return [(key.strip(), value.strip()) for key, mark, value in pairs if mark and key and " " not in key.strip()]
