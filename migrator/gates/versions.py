"""Gate `versions`: every live instance of the required services runs a version that no longer needs the old shape.

Live means: a heartbeat within the service's time to live, or an open session whose `application_name` matches the
service's pattern. A required service of which nothing at all is seen is unknown, not gone.

Recorded deploys tell more: a service whose last deploy is too old was rolled back, a session of it that tells no
version and is older than the deploy is one of the old ones, and so may be a session that belongs to nobody.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from migrator.config import Service
from migrator.deploys.alive import Alive, Instance, alive_versions
from migrator.deploys.deployments import Deployed, latest_deploys
from migrator.errors import ManifestError
from migrator.gates.gate import GateQuestion, GateResult, GateStatus

NAME = "versions"

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class _Verdict:
    service: str
    old: tuple[Instance, ...]
    unreadable: tuple[Instance, ...]
    good: tuple[Instance, ...]


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed with the old instances, unknown when a version or a service cannot be seen, else open."""
    if not question.requires:
        return GateResult(NAME, GateStatus.OPEN, "no version is required of any service")
    asked = {service: _specifier(service, text) for service, text in question.requires.items()}
    services = {**question.settings.services}
    services.update({name: Service() for name in asked if name not in services})
    alive = alive_versions(question.connection, services, question.now)
    deploys = latest_deploys(question.connection, asked)
    verdicts = [_judge(service, specifier, alive, deploys.get(service)) for service, specifier in asked.items()]
    evidence = _evidence(question, alive, deploys)
    old = [instance for verdict in verdicts for instance in verdict.old]
    back = [_rolled_back(deploys[name], asked[name]) for name in asked if _is_too_old(deploys.get(name), asked[name])]
    if old or back:
        parts = [f"old_instances {len(old)} > 0 ({_grouped(old)})"] if old else []
        return GateResult(NAME, GateStatus.CLOSED, "; ".join([*parts, *back]), evidence)
    strangers = _strangers(alive, deploys.values(), question.settings.gates.versions.bystanders)
    doubts = [*_doubts(verdicts, alive, question), *_hidden(alive), *strangers]
    if doubts:
        return GateResult(NAME, GateStatus.UNKNOWN, "; ".join(doubts), evidence)
    good = [instance for verdict in verdicts for instance in verdict.good]
    return GateResult(NAME, GateStatus.OPEN, f"old_instances 0 = 0 (alive: {_grouped(good)}){_others(alive)}", evidence)


def read_version(text: str | None) -> Version | None:
    """Return the version of `1.42`, `v1.42`, `1.42.0+sha`; None for what cannot be compared, such as `main-3f2a`."""
    if text is None:
        return None
    try:
        return Version(text.strip().partition("+")[0])
    except InvalidVersion:
        return None


def _specifier(service: str, text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier as exc:
        raise ManifestError(
            f"requires.{service}: {text!r} is not a version specifier.", "Write it like >=1.42 or >=1.42,<2."
        ) from exc


def _is_too_old(deployed: Deployed | None, specifier: SpecifierSet) -> bool:
    version = read_version(deployed.version) if deployed else None
    return version is not None and not specifier.contains(version, prereleases=True)


def _rolled_back(deployed: Deployed, specifier: SpecifierSet) -> str:
    return (
        f"the last deploy of {deployed.service} is {deployed.version}, not {specifier}"
        f" ({deployed.deployed_at:%Y-%m-%d %H:%M:%S %Z})"
    )


def _strangers(alive: Alive, deploys: Iterable[Deployed], bystanders: Sequence[str]) -> list[str]:
    """Name clients of no service that are connected since before a deploy: a worker that nobody restarted."""
    return [
        f"{name!r} is connected since before {deployed.service} {deployed.version} was deployed and belongs to no"
        " registered service; end it, or name it in [gates.versions] bystanders"
        for deployed in deploys
        for name, since in alive.strangers_since.items()
        if since < deployed.deployed_at and not any(re.search(pattern, name) for pattern in bystanders)
    ]


def _judge(service: str, specifier: SpecifierSet, alive: Alive, deployed: Deployed | None) -> _Verdict:
    old: list[Instance] = []
    unreadable: list[Instance] = []
    good: list[Instance] = []
    for instance in alive.of(service):
        version = read_version(instance.version)
        if version is None:
            is_stale = (
                deployed is not None and instance.began_at is not None and instance.began_at < deployed.deployed_at
            )
            (old if is_stale and instance.version is None else unreadable).append(instance)
        else:
            (good if specifier.contains(version, prereleases=True) else old).append(instance)
    return _Verdict(service, tuple(old), tuple(unreadable), tuple(good))


def _doubts(verdicts: Sequence[_Verdict], alive: Alive, question: GateQuestion) -> list[str]:
    doubts = [
        f"the version of {_grouped(verdict.unreadable)} cannot be read" for verdict in verdicts if verdict.unreadable
    ]
    unseen = [verdict.service for verdict in verdicts if not alive.of(verdict.service)]
    return doubts + [_unseen(service, alive, question) for service in unseen]


def _unseen(service: str, alive: Alive, question: GateQuestion) -> str:
    last = alive.last_heartbeats.get(service)
    if last is not None:
        age = (question.now - last).total_seconds()
        return f"{service} gives no sign of life (last heartbeat {age:.0f} s ago)"
    configured = question.settings.services.get(service)
    how = "" if configured and configured.app_name else f" and [services.{service}] has no app_name to find it by"
    return f"{service} gives no sign of life: it never called migrator.heartbeat{how}"


def _hidden(alive: Alive) -> list[str]:
    if not alive.hidden_sessions:
        return []
    return [f"{alive.hidden_sessions} sessions hide their application_name; GRANT pg_read_all_stats to this role"]


def _others(alive: Alive) -> str:
    if not alive.unidentified:
        return ""
    names = [repr(name) for name in alive.unidentified[:_SHOWN]] + (["..."] if len(alive.unidentified) > _SHOWN else [])
    return f"; connected, but of no registered service: {', '.join(names)}"


def _grouped(instances: Sequence[Instance]) -> str:
    """Return `checkout 1.3.9: pod-a, pod-b; billing 7: pid 12`."""
    groups: dict[str, list[str]] = {}
    for instance in instances:
        groups.setdefault(f"{instance.service} {instance.version or '?'}", []).append(instance.name)
    return "; ".join(f"{group}: {_listed(names)}" for group, names in groups.items())


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _evidence(question: GateQuestion, alive: Alive, deploys: Mapping[str, Deployed]) -> dict[str, object]:
    return {
        "deploys": {name: [d.version, d.deployed_at.isoformat()] for name, d in deploys.items()},
        "requires": dict(question.requires),
        "instances": [
            {"service": i.service, "version": i.version, "instance": i.name, "source": i.source}
            for i in alive.instances
            if i.service in question.requires
        ],
        "unidentified": list(alive.unidentified),
        "hidden_sessions": alive.hidden_sessions,
    }
