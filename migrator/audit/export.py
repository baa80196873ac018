"""The chain as JSON lines: one event per line, complete enough to prove each line without the database."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from migrator.audit.chain import AuditRow, Tip
from migrator.config import parse_duration
from migrator.errors import InputError

SCHEMA_VERSION = 1
"""Of a line; it grows when a key changes its meaning or goes away."""


def moment(text: str, now: datetime) -> datetime:
    """Return the time that `--since` names: an RFC 3339 time or a day (UTC), or a duration before now.

    Raises:
        InputError: it is neither.
    """
    try:
        length = parse_duration(text)
        return now - length if isinstance(length, timedelta) else now
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InputError(f"{text!r} is no time.", "Write it as 2026-11-01, 2026-11-01T12:00:00Z or 7d.") from exc
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def as_event(row: AuditRow) -> dict[str, Any]:
    """Return a row as it is exported; `detail` is for readers, `payload` is the text that was hashed."""
    return {"schema_version": SCHEMA_VERSION, **asdict(row), "at": row.told_at, "detail": json.loads(row.payload)}


def lines(rows: Iterable[AuditRow]) -> Iterator[str]:
    """Yield each row as one line of JSON."""
    return (json.dumps(as_event(row), ensure_ascii=False) for row in rows)


def kept_in(file: Path) -> tuple[Tip, ...]:
    """Return number and hash of every line of an export.

    Raises:
        InputError: the file is no export, or one of its lines was changed: then it proves nothing.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{file} cannot be read: {exc}.", "Give a file that `audit export` wrote.") from exc
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    return tuple(_read(line, file, number) for number, line in lines)


def _read(line: str, file: Path, number: int) -> Tip:
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
    return Tip(row.seq, row.hash)
