"""Which tables the backfills of a manifest change: a definition of one is the migrate phase, although it is no SQL."""

import tomllib
from collections.abc import Iterator
from typing import Any, cast

from migrator.coupling.evidence import DatabaseObject


def backfilled(text: str | None, before: str | None) -> tuple[DatabaseObject, ...]:
    """Return the tables of the manifest's backfills that are new or changed.

    Args:
        text: the manifest; one that cannot be read has none, and is refused when it is run.
        before: the manifest at the base, if it was there.
    """
    old = list(_backfills(before))
    found = (entry for entry in _backfills(text) if entry not in old)
    return tuple(dict.fromkeys(_table(str(entry.get("table") or "")) for entry in found))


def _backfills(text: str | None) -> Iterator[dict[str, Any]]:
    try:
        entries: object = tomllib.loads(text or "").get("backfill")
    except tomllib.TOMLDecodeError:
        return
    for entry in cast("list[object]", entries) if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield cast("dict[str, Any]", entry)


def _table(name: str) -> DatabaseObject:
    schema, _, table = name.replace('"', "").rpartition(".")
    return DatabaseObject(kind="table", schema_name=schema or "public", name=table)
