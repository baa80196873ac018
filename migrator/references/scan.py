"""All references of one commit: its files are read from git, not from the working tree, and each content once."""

import hashlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from migrator.git import Blob, Repository
from migrator.references import scanners
from migrator.references.allowed import without_allowed
from migrator.references.ambiguous import pictures_of, without_ambiguous
from migrator.references.cache import ScanCache
from migrator.references.decoded import text_of
from migrator.references.file_scan import FileScan
from migrator.references.known import Known
from migrator.references.reference import Reference
from migrator.references.scanners.words import scan_words
from migrator.references.table_classes import classes_in

_LARGEST = 2_000_000
"""Characters; a larger file is data or made by a program, and is compared word by word."""
_NOT_OURS = re.compile(
    r"(?:^|/)(?:vendor|node_modules|third_party|site-packages)/"
    r"|(?:^|/)(?:locales?|i18n|l10n|translations?|langs?|languages)/.*\.(?:json|ya?ml|properties|xml|php)\Z"
    r"|\A(?!.*(?:^|/)(?:templates?|views)/).*\.txt\Z"
    r"|(?:openapi|swagger)[^/]*\.(?:json|ya?ml)\Z|(?:\.pb(?:\.gw)?\.(?:go|cc|h|dart|swift)|_pb2?(?:_grpc)?\.(?:py|pyi|js|d\.ts|ts))\Z"
)
"""Code of others, and texts in other languages: a word that is translated is no column. Neither is a field of an
interface that is described to others, or of what is made from the description."""


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
    everything = repository.files(commit)
    files = [blob for blob in everything if _is_read(blob.path) and is_code(blob.path)]
    texts = dict(_texts(repository, files, known))
    known = known.with_models(_models(texts))
    cache_file = ScanCache(repository.git_folder, _key(known))
    try:
        found = _scans(texts, known, cache_file, today)
    finally:
        cache_file.close()
    references = tuple(reference for scan in found.values() for reference in scan.references)
    references = without_ambiguous(references, known, lambda: pictures_of(repository, everything))
    guessed = tuple(blob.path for blob, scan in found.items() if scan.is_guessed)
    return Scanned(references, len(files), guessed)


def uses_of(scanned: Scanned, name: str) -> tuple[Reference, ...]:
    """Return the references that may mean a table or column: `users`, `users.email`, `public.users.email`."""
    parts = name.replace('"', "").split(".")
    return tuple(reference for reference in scanned.references if _may_mean(reference, parts))


def _may_mean(reference: Reference, parts: list[str]) -> bool:
    """Whether the name can be read as this use, with or without the schema in front."""
    without = parts[1:] if reference.schema in (None, parts[0]) else []
    return any(
        _fits(reference, *reading) for reading in (parts, without) if 1 <= len(reading) <= len(("table", "column"))
    )


def _fits(reference: Reference, table: str, column: str | None = None) -> bool:
    is_of_table = reference.table in ("", table)
    return is_of_table and (column is None or reference.is_star or reference.column == column)


def _texts(repository: Repository, files: list[Blob], known: Known) -> Iterator[tuple[Blob, str]]:
    """Yield the files that can use what is asked for, in their order, with their texts."""
    by_id: dict[str, list[Blob]] = {}
    for blob in files:
        by_id.setdefault(blob.id, []).append(blob)
    for blob_id, content in repository.contents(by_id):
        text = text_of(content)
        if "\0" not in text and known.may_be_used_in(text):
            yield from ((blob, text) for blob in by_id[blob_id])


def _models(texts: Mapping[Blob, str]) -> Iterator[tuple[str, str]]:
    for blob, text in texts.items():
        yield from classes_in(blob.path, text)


def _scans(texts: Mapping[Blob, str], known: Known, cached: ScanCache, today: date) -> dict[Blob, FileScan]:
    old = cached.get([f"{blob.id}:{blob.path}" for blob in texts])
    new: dict[str, FileScan] = {}
    result: dict[Blob, FileScan] = {}
    for blob, text in texts.items():
        name = f"{blob.id}:{blob.path}"
        found = old.get(name) or _scan(blob.path, text, known)
        if name not in old:
            new[name] = found
        result[blob] = FileScan(tuple(without_allowed(found.references, text, today)), found.is_guessed)
    cached.put(new)
    return result


def _scan(path: str, text: str, known: Known) -> FileScan:
    if len(text) > _LARGEST:
        return FileScan(tuple(scan_words(path, text, known)), is_guessed=True)
    return _scanners()[_suffix(path)].scan(path, text, known)


def _is_read(path: str) -> bool:
    return _suffix(path) in _scanners() and not path.endswith(".min.js") and not _NOT_OURS.search(path)


def _suffix(path: str) -> str:
    """Return what `PurePath.suffix` does; of 20,000 names it takes as long as the scan of the code."""
    name = path.rpartition("/")[2]
    at = name.rfind(".")
    return name[at:].lower() if 0 < at < len(name) - 1 else ".rake" if name == "Rakefile" else ""


def _key(known: Known) -> str:
    tables = sorted((str(name), sorted(columns)) for name, columns in known.columns.items())
    wanted = sorted((str(name), sorted(columns)) for name, columns in (known.wanted or {}).items())
    models = sorted((str(name), sorted(found)) for name, found in known.models.items())
    return hashlib.sha256(repr((tables, wanted, known.wanted is None, models)).encode()).hexdigest()
