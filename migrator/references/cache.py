"""Scans that are done already, by the id of a file's content: in git's own folder, never in the working tree.

A cache that cannot be read or written is no error: the files are read again.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from migrator.references.file_scan import FileScan
from migrator.references.reference import Confidence, Place, Reference, Usage

_MOST_ROWS = 200_000
_VERSION = 8
"""Grows with every change of the scanners: an old answer is none."""


class ScanCache:
    """Content → references."""

    def __init__(self, git_folder: Path, key: str) -> None:
        self._key = f"{_VERSION}:{key}"
        self._connection = _opened(git_folder / "migrator" / "references.sqlite")

    def get(self, blobs: list[str]) -> dict[str, FileScan]:
        """Return the scans that are known, by `blob:path`."""
        found: dict[str, FileScan] = {}
        with contextlib.suppress(sqlite3.Error, ValueError, KeyError, TypeError):
            for name in blobs if self._connection is not None else ():
                row = self._execute("SELECT scan FROM scan WHERE key = ? AND blob = ?", (self._key, name)).fetchone()
                if row is not None:
                    found[name] = _scan(json.loads(row[0]))
        return found

    def put(self, scans: Mapping[str, FileScan]) -> None:
        """Keep the scans."""
        rows = [(self._key, name, json.dumps(list(_row(scan)))) for name, scan in scans.items()]
        with contextlib.suppress(sqlite3.Error):
            if self._connection is None:
                return
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO scan VALUES (?, ?, ?)", rows)
                self._execute("DELETE FROM scan WHERE rowid <= (SELECT max(rowid) FROM scan) - ?", (_MOST_ROWS,))

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def _execute(self, text: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        if self._connection is None:
            raise sqlite3.OperationalError
        return self._connection.execute(text, values)


_FIELDS, _PLACE_FIELDS = fields(Reference), fields(Place)


def _opened(file: Path) -> sqlite3.Connection | None:
    try:
        file.parent.mkdir(exist_ok=True)
        connection = sqlite3.connect(file, timeout=1)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE IF NOT EXISTS scan (key text, blob text, scan text, PRIMARY KEY (key, blob))")
    except (OSError, sqlite3.Error):
        return None
    return connection


def _row(scan: FileScan) -> Iterator[object]:
    yield scan.is_guessed
    for reference in scan.references:
        # by hand: `asdict` copies deeply, which took as long as the scan itself
        named = {field.name: getattr(reference, field.name) for field in _FIELDS}
        place = {field.name: getattr(reference.place, field.name) for field in _PLACE_FIELDS}
        yield {**named, "place": place, "confidence": reference.confidence.value, "usage": reference.usage.value}


def _scan(row: list[Any]) -> FileScan:
    return FileScan(tuple(_reference(**values) for values in row[1:]), bool(row[0]))


def _reference(place: dict[str, Any], confidence: str, usage: str, **values: Any) -> Reference:  # noqa: ANN401 JSON
    return Reference(place=Place(**place), confidence=Confidence(confidence), usage=Usage(usage), **values)
