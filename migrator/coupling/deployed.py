"""Which commits run now: what `migrator deploy record` and heartbeats told, found in this clone or in its manifests.

Asked only when a contract waits for it. Another repository's service has no commit here; what its build published with
`migrator references publish` stands in for its code. Whatever cannot be told is unknown, and the base is never taken
in its place.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce

from migrator.coupling.case import Case
from migrator.coupling.evidence import CodeReference, Running, Unknown
from migrator.coupling.uses import AskDeployed, Deployed, code_reference
from migrator.deploys.running import RunningVersion, running_versions
from migrator.errors import InputError, MigratorError
from migrator.git import Repository
from migrator.pg.connection import connect
from migrator.references.releases import Release, releases
from migrator.state.install import require_installed

_TODO_RANGE = "Record deploys with `migrator deploy record --sha`, or write --range DEPLOYED..CANDIDATE."
_TODO = "Record deploys with `migrator deploy record`, or give --deployed."


@dataclass(slots=True)
class _Found:
    running: list[Running] = field(default_factory=list[Running])
    references: list[CodeReference] = field(default_factory=list[CodeReference])
    published: list[str] = field(default_factory=list[str])
    unknowns: list[Unknown] = field(default_factory=list[Unknown])


def recorded(dsn: Callable[[], str]) -> AskDeployed:
    """Return the function that asks this database; a connection string that cannot be had is unknown as well."""

    def ask(repository: Repository, case: Case) -> Deployed:
        try:
            with connect(dsn(), application_name="migrator/coupling") as connection:
                require_installed(connection)
                versions = running_versions(connection)
                manifests = releases(connection, {version.service for version in versions})
        except MigratorError as exc:
            return Deployed(unknowns=(_unknown(f"What is deployed cannot be read from the database: {exc}"),))
        return resolve(repository, case, versions, manifests)

    return ask


def deployed_end(dsn: Callable[[], str], repository: Repository) -> tuple[str, str]:
    """Return the commit from which a release starts, and why there is none.

    Of several services that run at several commits it is where their histories part: what any of them lacks is new.
    """
    try:
        with connect(dsn(), application_name="migrator/coupling") as connection:
            require_installed(connection)
            versions = running_versions(connection)
    except MigratorError as exc:
        return "", f"What is deployed cannot be read from the database: {exc}"
    lost = [version for version in versions if _commit(repository, version.commit) is None]
    if not versions:
        return "", f"The database has no record of a deploy: nobody knows where the release starts. {_TODO_RANGE}"
    if lost:
        names = ", ".join(f"{version.service} {version.version} ({version.commit or 'no commit'})" for version in lost)
        return "", f"What runs is not in this clone: {names}. Fetch it. {_TODO_RANGE}"
    found = {commit for version in versions if (commit := _commit(repository, version.commit)) is not None}
    try:
        return reduce(repository.merge_base, sorted(found)), ""
    except InputError as exc:
        return "", str(exc)


def resolve(
    repository: Repository, case: Case, versions: Iterable[RunningVersion], manifests: Iterable[Release]
) -> Deployed:
    """Return the commits of the versions, and of those that are not in this clone the uses that they published."""
    found, versions = _Found(), tuple(versions)
    published = {(release.service, release.version): release for release in manifests}
    for version in versions:
        _add(found, repository, version, published.get((version.service, version.version)))
    found.unknowns += map(_unknown, _not_recorded(case, versions))
    return Deployed(tuple(found.running), tuple(found.references), tuple(found.published), tuple(found.unknowns))


def _add(found: _Found, repository: Repository, version: RunningVersion, manifest: Release | None) -> None:
    name = f"{version.service} {version.version}"
    if version.commit is None and manifest is None:
        text = f"{name} runs ({version.how}), and nobody told its commit. Record it: `migrator deploy record --sha`."
        found.unknowns.append(_unknown(text))
        return
    commit = _commit(repository, version.commit)
    if commit is not None:
        found.running.append(_running(version, commit))
    elif manifest is not None:
        found.running.append(_running(version, manifest.commit_sha))
        found.published.append(manifest.commit_sha)
        found.references += (code_reference("deployed", manifest.commit_sha, use, name) for use in manifest.uses)
    else:
        found.unknowns.append(
            _unknown(
                f"{name} runs {version.commit}, which is not in this clone. Fetch it, publish what it uses with "
                "`migrator references publish`, or give --deployed."
            )
        )


def _commit(repository: Repository, ref: str | None) -> str | None:
    try:
        return repository.commit(ref) if ref else None
    except InputError:
        return None


def _running(version: RunningVersion, commit: str) -> Running:
    is_alive = version.how == "alive"
    return Running(
        commit=commit,
        origin="heartbeat" if is_alive else "deploy",
        service=version.service,
        version=version.version,
        status="" if is_alive else version.how,
        since=version.at,
    )


def _not_recorded(case: Case, versions: tuple[RunningVersion, ...]) -> Iterator[str]:
    """Yield what is missing: any record at all, or that of a service which the policy puts on this database."""
    if not versions:
        yield f"The database has no record of a deploy: nobody knows which commit runs. {_TODO}"
        return
    wanted = {name for sql, _ in case.removed for name in case.groups.services_beside(sql.path)}
    for name in sorted(wanted - {version.service for version in versions}):
        yield f"[[coupling.service]] {name} works on this database, and no deploy of it is recorded. {_TODO}"


def _unknown(text: str) -> Unknown:
    return Unknown(topic="deployed", text=text)
