"""Gate `releases`: no live version of a registered service was built from code that uses what the phase removes.

Joins the versions that are alive (heartbeats, sessions) with the manifests that `migrator references publish` wrote
for them. A live version without a manifest, and a registered service of which nothing is seen, is unknown.
"""

from collections.abc import Iterable, Sequence

from migrator.config import Service
from migrator.deploys.alive import Instance, alive_versions
from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.gates.versions import read_version
from migrator.names import TableName
from migrator.references.reference import Reference
from migrator.references.releases import Release, releases
from migrator.statements.effects import ObjectRef

NAME = "releases"

_SHOWN = 6
_TABLES = frozenset({"table", "view", "materialized view", "foreign table"})


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed with the live versions that use it and where, unknown when one tells nothing, else open."""
    services = {**question.settings.services}
    services.update({name: Service() for name in question.requires if name not in services})
    if not services:
        todo = "no service is registered: add [services.NAME], and publish its releases"
        return GateResult(NAME, GateStatus.UNKNOWN, todo)
    alive = alive_versions(question.connection, services, question.now)
    published = releases(question.connection, services)
    removed = [ref for ref in question.gone if ref.kind in {*_TABLES, "column"}]
    live = sorted({(instance.service, instance.version or "") for instance in alive.instances})
    uses = [text for service, version in live for text in _uses(_manifest(published, service, version), removed)]
    evidence: dict[str, object] = {"live": [list(each) for each in live], "uses": uses}
    if uses:
        more = f" and {len(uses) - _SHOWN} more" if len(uses) > _SHOWN else ""
        reason = f"uses {len(uses)} > 0 ({'; '.join(uses[:_SHOWN])}{more})"
        return GateResult(NAME, GateStatus.CLOSED, reason, evidence)
    doubts = [*_without(published, live), *_unseen(services, alive.instances)]
    if doubts:
        return GateResult(NAME, GateStatus.UNKNOWN, "; ".join(doubts), evidence)
    listed = ", ".join(f"{service} {version}" for service, version in live)
    return GateResult(NAME, GateStatus.OPEN, f"uses 0 = 0 by {listed}", evidence)


def _manifest(published: Iterable[Release], service: str, version: str) -> Release | None:
    """Return the manifest of a version: of the same text, or of the same version otherwise written (`v1.42+sha`)."""
    of_service = [release for release in published if release.service == service]
    same = [release for release in of_service if release.version == version]
    read = read_version(version)
    alike = [r for r in of_service if read is not None and "+" not in r.version and read_version(r.version) == read]
    return next(iter((*same, *alike)), None)


def _uses(release: Release | None, removed: Sequence[ObjectRef]) -> list[str]:
    if release is None:
        return []
    return [
        f"{release.service} {release.version} uses {ref} at {found.place.path}:{found.place.line}"
        f" ({found.confidence.value})"
        for ref in removed
        if (found := next((use for use in release.uses if _means(use, ref)), None)) is not None
    ]


def _means(use: Reference, ref: ObjectRef) -> bool:
    if ref.kind == "column":
        return use.names_column(TableName(ref.schema, ref.table), ref.name)
    return use.names_table(TableName(ref.schema, ref.name))


def _without(published: Sequence[Release], live: Iterable[tuple[str, str]]) -> list[str]:
    missing = [f"{service} {version or '?'}" for service, version in live if not _manifest(published, service, version)]
    if not missing:
        return []
    return [f"no manifest of {', '.join(missing)}; `migrator references publish` writes it from the version's code"]


def _unseen(services: Iterable[str], instances: Sequence[Instance]) -> list[str]:
    seen = {instance.service for instance in instances}
    return [f"{service} gives no sign of life" for service in services if service not in seen]
