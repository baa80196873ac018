"""All references of one commit: its files are read from git, not from the working tree, and each content once."""

import hashlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import PurePosixPath
from typing import Protocol, cast

from migrator.git import Blob, Repository
from migrator.references import scanners
from migrator.references.allowed import without_allowed
from migrator.references.cache import ScanCache
from migrator.references.file_scan import FileScan
from migrator.references.known import Known
from migrator.references.reference import Reference
from migrator.references.scanners.words import column_spellings, scan_words, table_spellings

_LARGEST = 2_000_000
"""Characters; a larger file is data or made by a program, and is compared word by word."""


class Scanner(Protocol):
    """A module of `references/scanners`."""

    SUFFIXES: tuple[str, ...]

    def scan(self, path: str, text: str, known: Known) -> FileScan:
        """Return the references of a file."""
        ...


@dataclass(frozen=True, slots=True)
class Scanned:
    """The references of one commit; `guessed` are files of which some SQL was only compared word by word."""

    references: tuple[Reference, ...]
    files: int
    guessed: tuple[str, ...] = ()


@cache
def _scanners() -> dict[str, Scanner]:
    """Return the scanner for each suffix."""
    names = (found.name for found in pkgutil.iter_modules(scanners.__path__))
    modules = [import_module(f"{scanners.__name__}.{name}") for name in names]
    found = [cast(Scanner, module) for module in modules if hasattr(module, "SUFFIXES")]
    return {suffix: scanner for scanner in found for suffix in scanner.SUFFIXES}


def scan_commit(
    repository: Repository, commit: str, known: Known, is_code: Callable[[str], bool], today: date
) -> Scanned:
    """Return what the code of a commit uses.

    Args:
        repository: a clone that has the commit.
        commit: its id.
        known: the tables; with `known.wanted` only files that name one of them are read closely.
        is_code: whether a path is to be read.
        today: for comments that vouch for a use until a date.

    Raises:
        InputError: the clone lacks content.
    """
    files = [blob for blob in repository.files(commit) if _suffix(blob.path) in _scanners() and is_code(blob.path)]
    cache_file = ScanCache(repository.git_folder, _key(known))
    try:
        found = dict(_scans(repository, files, known, cache_file, today))
    finally:
        cache_file.close()
    references = tuple(reference for blob in files for reference in found[blob].references)
    guessed = tuple(blob.path for blob in files if found[blob].is_guessed)
    return Scanned(references, len(files), guessed)


def _scans(
    repository: Repository, files: list[Blob], known: Known, cached: ScanCache, today: date
) -> Iterator[tuple[Blob, FileScan]]:
    words = _wanted_words(known)
    by_id: dict[str, list[Blob]] = {}
    for blob in files:
        by_id.setdefault(blob.id, []).append(blob)
    old = cached.get([f"{blob.id}:{blob.path}" for blob in files])
    new: dict[str, FileScan] = {}
    for blob_id, content in repository.contents(by_id):
        text = content.decode("utf-8", errors="replace")
        lowered = text.lower() if words is not None else ""
        for blob in by_id[blob_id]:
            if "\0" in text or (words is not None and not any(word in lowered for word in words)):
                yield blob, FileScan()
                continue
            name = f"{blob.id}:{blob.path}"
            found = old.get(name) or _scan(blob.path, text, known)
            if name not in old:
                new[name] = found
            yield blob, FileScan(tuple(without_allowed(found.references, text, today)), found.is_guessed)
    cached.put(new)


def _scan(path: str, text: str, known: Known) -> FileScan:
    if len(text) > _LARGEST:
        return FileScan(tuple(scan_words(path, text, known)), is_guessed=True)
    return _scanners()[_suffix(path)].scan(path, text, known)


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def _wanted_words(known: Known) -> frozenset[str] | None:
    """Return the words without which a file cannot use a wanted table; None when all tables are wanted.

    A Django model `User` of the app `shop` is the table `shop_user`: the ends of a table's name count too.
    """
    if known.wanted is None:
        return None
    words: set[str] = set()
    for table in known.wanted:
        parts = table.name.split("_")
        ends = ("_".join(parts[number:]) for number in range(len(parts)))
        words |= {spelling for end in ends for spelling in table_spellings(end)}
        words |= {s for column in known.columns.get(table, ()) for s in column_spellings(column)}
    return frozenset(word.lower() for word in words if word)


def _key(known: Known) -> str:
    tables = sorted((str(name), sorted(columns)) for name, columns in known.columns.items())
    wanted = None if known.wanted is None else sorted(map(str, known.wanted))
    return hashlib.sha256(repr((tables, wanted)).encode()).hexdigest()
