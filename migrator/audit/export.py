"""The chain as JSON lines: one event per line, complete enough to prove each line without the database."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from migrator.audit.chain import AuditRow
from migrator.errors import InputError

SCHEMA_VERSION = 1
"""Of a line; it grows when a key changes its meaning or goes away."""


def as_event(row: AuditRow) -> dict[str, Any]:
    """Return a row as it is exported; `detail` is for readers, `payload` is the text that was hashed."""
    return {"schema_version": SCHEMA_VERSION, **asdict(row), "at": row.told_at, "detail": json.loads(row.payload)}


def lines(rows: Iterable[AuditRow]) -> Iterator[str]:
    """Yield each row as one line of JSON."""
    return (json.dumps(as_event(row), ensure_ascii=False) for row in rows)


def known_from(file: Path) -> dict[int, str]:
    """Return number -> hash of an export.

    Raises:
        InputError: the file is no export, or one of its lines was changed: then it proves nothing.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{file} cannot be read: {exc}.", "Give a file that `audit export` wrote.") from exc
    found: dict[int, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            row = _read(line, file, number)
            found[row.seq] = row.hash
    return found


def _read(line: str, file: Path, number: int) -> AuditRow:
    try:
        values = cast("dict[str, Any]", json.loads(line))
        version = values.pop("schema_version")
        values |= {"at": datetime.fromisoformat(values["at"]), "detail": values["payload"]}
        row = AuditRow(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise InputError(
            f"Line {number} of {file} is no event: {exc}.", "Give a file that `audit export` wrote."
        ) from exc
    if version != SCHEMA_VERSION or row.computed != row.hash:
        raise InputError(f"Line {number} of {file} was changed after the export.", "Take another copy of it.")
    return row
