"""Many pull requests in one repository, written by one process of git: a branch for the base and one for the change."""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.coupling.repositories import Repo


@dataclass(frozen=True)
class Entry:
    """A file that is none: `120000` is a link with its target, `160000` a submodule with its commit."""

    mode: str
    text: str


Files = Mapping[str, str | bytes | Entry]
"""What a commit writes; an empty text deletes."""


@dataclass(frozen=True)
class Shape:
    """One pull request, and the rules whose errors a maintainer expects: written down before it was run."""

    base: Files
    head: Files
    expected: frozenset[str]
    landed: Files | None = None
    """What came to the target branch after the pull request began."""


def shape(base: Files, head: Files, *expected: str, landed: Files | None = None) -> Shape:
    """Return a pull request and what is expected of it."""
    return Shape(base, head, frozenset(expected), landed)


def write_branches(repo: Repo, shapes: Iterable[Shape]) -> None:
    """Write `base-N` and `head-N` for each shape."""
    stream = b"".join(part for number, each in enumerate(shapes) for part in _branches(number, each))
    command = ["git", "-C", str(repo.path), "fast-import", "--quiet", "--force"]
    subprocess.run(command, input=stream, check=True, capture_output=True)


def _branches(number: int, each: Shape) -> Iterable[bytes]:
    yield _commit(f"start-{number}", "", {**each.base, "README": "a\n"})
    yield _commit(f"base-{number}", f"start-{number}", each.landed or {})
    yield _commit(f"head-{number}", f"start-{number}", each.head)


def _commit(branch: str, parent: str, files: Files) -> bytes:
    lines = [f"commit refs/heads/{branch}\ncommitter Eve <eve@example.org> 1780000000 +0000\ndata 6\nchange\n".encode()]
    if parent:
        lines.append(f"from refs/heads/{parent}\n".encode())
    for path, content in files.items():
        lines += _entry(path, content)
    return b"".join([*lines, b"\n"])


def _entry(path: str, content: str | bytes | Entry) -> Iterable[bytes]:
    entry = content if isinstance(content, Entry) else None
    if entry is not None and entry.mode == "160000":
        yield f"M 160000 {entry.text} {path}\n".encode()
        return
    text = entry.text if entry is not None else content
    data = text if isinstance(text, bytes) else str(text).encode()
    if not data:
        yield f"D {path}\n".encode()
        return
    mode = entry.mode if entry is not None else "100644"
    yield f"M {mode} inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
