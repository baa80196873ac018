"""Release manifests: which tables and columns the code of a version uses, published by its build.

`migrator references publish` writes one for each version; the gate `releases` joins them with the versions that are
alive. A version that runs and published nothing is not known to be harmless.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from migrator.pg.driver import Connection, Jsonb, Row
from migrator.pg.queries import query
from migrator.references.reference import Confidence, Place, Reference, Usage
from migrator.references.scan import Scanned
from migrator.state.store import Store


@dataclass(frozen=True, slots=True)
class Release:
    """What the code of one version uses."""

    service: str
    version: str
    commit_sha: str
    uses: tuple[Reference, ...]


def publish(store: Store, service: str, version: str, commit: str, scanned: Scanned) -> int:
    """Store the manifest of a version, with its audit row; return how many different uses it has.

    Args:
        store: of the session that publishes.
        service: as in `[services.NAME]` and in heartbeats.
        version: as the service tells it in heartbeats.
        commit: whose code was read.
        scanned: the references of that code; each table and column is kept once, with its first place.
    """
    kept: dict[tuple[object, ...], Reference] = {}
    for found in scanned.references:
        kept.setdefault((found.schema, found.table, found.column, found.is_star), found)
    values = {"service": service, "version": version, "commit": commit, "files": scanned.files}
    counts = {**values, "guessed": len(scanned.guessed)}
    with store.connection.transaction():
        row = {**counts, "uses": Jsonb([_as_json(each) for each in kept.values()]), "actor": store.actor}
        store.connection.execute(_sql("publish"), row)
        store.audit("release.published", None, {**counts, "uses": len(kept)})
    return len(kept)


def releases(connection: Connection, services: Iterable[str]) -> tuple[Release, ...]:
    """Return the published versions of these services."""
    return tuple(_release(row) for row in connection.execute(_sql("releases"), {"services": list(services)}))


def _release(row: Row) -> Release:
    return Release(row["service"], row["version"], row["commit_sha"], tuple(map(_reference, row["uses"])))


def _as_json(found: Reference) -> dict[str, Any]:
    return {
        "schema": found.schema,
        "table": found.table,
        "column": found.column,
        "is_star": found.is_star,
        "usage": found.usage.value,
        "confidence": found.confidence.value,
        "place": [found.place.path, found.place.line, found.place.column],
    }


def _reference(data: dict[str, Any]) -> Reference:
    place = Place(*data["place"])
    confidence, usage = Confidence(data["confidence"]), Usage(data["usage"])
    return Reference(data["table"], place, confidence, usage, data["column"], data["schema"], data["is_star"])


def _sql(name: str) -> bytes:
    return query(f"releases.{name}", "migrator.state")
