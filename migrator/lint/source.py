"""Reading the SQL that is to be linted: files, folders of them, patterns, standard input."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import InputError

_PATTERN = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Source:
    """A SQL text and the path by which people know it; the file need not exist for standard input."""

    path: str
    text: str


def read_sources(paths: Iterable[Path], unread: list[InputError] | None = None) -> Iterator[Source]:
    """Yield every file in the order given; a folder stands for all `*.sql` files below it, sorted, none hidden.

    With a list for `unread`, what cannot be read is put there and the other files are read all the same.

    Raises:
        InputError: a path does not exist or holds no SQL, or a file cannot be read as UTF-8.
    """
    seen: set[Path] = set()
    for path in paths:
        try:
            files = find_files(path)
        except InputError as exc:
            _report(exc, unread)
            continue
        for file in files:
            if (absolute := Path(os.path.abspath(file))) not in seen:  # noqa: PTH100 links keep their own name
                seen.add(absolute)
                yield from _read_or_report(file, unread)


def _read_or_report(file: Path, unread: list[InputError] | None) -> Iterator[Source]:
    try:
        source = read_source(file)
    except InputError as exc:
        _report(exc, unread)
    else:
        yield source


def _report(error: InputError, unread: list[InputError] | None) -> None:
    if unread is None:
        raise error
    unread.append(error)


def read_source(file: Path) -> Source:
    """Read one file.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return from_bytes(str(file), file.read_bytes())
    except (OSError, ValueError) as exc:
        reason = (exc.strerror if isinstance(exc, OSError) else str(exc)) or "unknown reason"
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


def find_files(path: Path) -> list[Path]:
    """Return the file itself, the SQL files below a folder, or those that a pattern such as `db/**/*.sql` meets.

    Raises:
        InputError: a folder or a pattern stands for no file.
    """
    if path.is_dir():
        found = [file for file in sorted(path.rglob("*.sql")) if file.is_file() and not _is_hidden(file, path)]
        return _some(found, f"There is no *.sql file below {path}.")
    if _PATTERN.intersection(str(path)) and not path.exists():
        from glob import glob

        found = [file for file in map(Path, sorted(glob(str(path), recursive=True))) if file.is_file()]  # noqa: PTH207
        return _some(found, f"No file matches {path}.")
    return [path]


def _some(found: list[Path], situation: str) -> list[Path]:
    if not found:
        raise InputError(situation, "Name SQL files, or a folder or pattern that holds some.")
    return found


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)
