"""Reading the SQL that is to be linted: files, folders of them, standard input."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import InputError


@dataclass(frozen=True, slots=True)
class Source:
    """A SQL text and the path by which people know it; the file need not exist for standard input."""

    path: str
    text: str


def read_sources(paths: Iterable[Path]) -> Iterator[Source]:
    """Yield every file in the order given; a folder stands for all `*.sql` files below it, sorted, none hidden.

    Raises:
        InputError: a path does not exist, or a file cannot be read as UTF-8.
    """
    seen: set[Path] = set()
    for path in paths:
        for file in _files(path):
            if (absolute := Path(os.path.abspath(file))) not in seen:  # noqa: PTH100 links keep their own name
                seen.add(absolute)
                yield read_source(file)


def read_source(file: Path) -> Source:
    """Read one file.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return from_bytes(str(file), file.read_bytes())
    except OSError as exc:
        reason = exc.strerror or "unknown reason"
        raise InputError(f"{file} cannot be read: {reason}.", "Name a SQL file or a folder.") from exc


def from_bytes(path: str, data: bytes) -> Source:
    """Decode a text.

    Raises:
        InputError: it is not UTF-8.
    """
    try:
        return Source(path, data.decode())
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise InputError(f"{path} is not UTF-8: byte {exc.start} on line {line}.", "Save the file as UTF-8.") from exc


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*.sql")):
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
            yield file
