"""What a forge is asked, and how its answers become evidence. What it does not say is unknown, never assumed."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from migrator.coupling.case import Case
from migrator.coupling.check import Asked, AskForge
from migrator.coupling.ci import CiContext
from migrator.coupling.evidence import Evidence, Part, PullRequest, Unknown
from migrator.coupling.forges.answers import Queued
from migrator.coupling.forges.listed import Listing
from migrator.coupling.override import involved
from migrator.coupling.owners import owners_of
from migrator.errors import InputError
from migrator.git import Repository, trailers_of
from migrator.http import HttpFailed


class Forge(Protocol):
    """One pull or merge request on one forge."""

    def request(self, head: str) -> PullRequest:
        """Return the request with its reviews and the people who wrote it.

        Raises:
            HttpFailed: the forge gave no usable answer.
        """
        ...

    def paths(self) -> tuple[str, ...]:
        """Return the files that the request changes, both names of a rename.

        Raises:
            HttpFailed: the forge gave no usable answer.
        """
        ...

    def listing(self) -> Listing:
        """Return the changed files with the commits that they lie between, all of them.

        Raises:
            HttpFailed: the forge gave no usable answer, or there are more.
        """
        ...

    def content(self, commit: str, path: str) -> bytes | None:
        """Return a file at a commit; None when there is no such file.

        Raises:
            HttpFailed: the forge gave no usable answer.
        """
        ...

    def queue(self, branch: str) -> tuple[Queued, ...]:
        """Return the requests of the merge queue or train of a branch.

        Raises:
            HttpFailed: the forge gave no usable answer.
        """
        ...

    def merged_as(self, commit: str) -> int | None:
        """Return the request that brought a commit; None when there is none, or more than one.

        Raises:
            HttpFailed: the forge gave no usable answer.
        """
        ...

    def is_team(self, name: str) -> bool:
        """Whether a name may be a team's: `@org/dba`; on GitLab a group can also be called `@dba`, as a user is."""
        ...

    def members(self, team: str) -> tuple[str, ...] | None:
        """Return the users of a team or group, `@org/dba`; None when the name is a user's.

        Raises:
            HttpFailed: the forge gave no usable answer.
        """
        ...

    def comment(self, marker: str, text: str | None) -> None:
        """Write the comment that begins with the marker, or renew it; None: only renew, never begin one.

        Raises:
            HttpFailed: the forge gave no usable answer.
        """
        ...


ForgeOf = Callable[[int], Forge]
"""The forge for a pull or merge request, by its number."""


def asking(forge_of: ForgeOf) -> AskForge:
    """Return the function that `check` calls."""

    def ask(repository: Repository, evidence: Evidence, ci: CiContext) -> Asked:
        if evidence.parts:
            return _batch(forge_of, repository, evidence)
        request, unknowns = _asked(forge_of(ci.number or 0), repository, evidence, evidence.head)
        if request is None:
            request = PullRequest(forge=ci.forge, number=ci.number, labels=ci.labels, body=ci.body)
        return (request,), unknowns

    return ask


def _batch(forge_of: ForgeOf, repository: Repository, evidence: Evidence) -> Asked:
    """Ask for each pull request of a release that brings schema or code; one that cannot be told is unknown."""
    found: list[PullRequest] = []
    unknowns: list[Unknown] = []
    for part in involved(Case(evidence)):
        if part.number is None:
            text = f"approvals: nothing says which pull request the commit {part.commit[:12]} is"
            unknowns.append(Unknown(topic="reviews", text=text))
            continue
        forge = forge_of(part.number)
        request, more = _asked(forge, repository, evidence, part.merged)
        unknowns += more
        if request is not None:
            unknowns += () if part.is_told_by_forge else _doubts(forge, part, request, _paths(evidence, part))
            found.append(request)
    return tuple(found), tuple(unknowns)


def _paths(evidence: Evidence, part: Part) -> set[str]:
    """Return the files of all commits that are the same pull request: a rebased one has several."""
    return {path for other in evidence.parts if other.number == part.number for path in other.paths}


def _doubts(forge: Forge, part: Part, request: PullRequest, changed: set[str]) -> Iterator[Unknown]:
    """Yield why the commit may not be the pull request that it says it is: a title is easily written."""
    name = f"#{part.number}"
    if part.merged and part.merged != request.head:
        text = f"approvals: {part.commit[:12]} merged {part.merged[:12]}, and the head of {name} is {request.head[:12]}"
        yield Unknown(topic="reviews", text=text)
    if not part.merged:
        try:
            paths = forge.paths()
        except HttpFailed as exc:
            yield _unknown(exc, f"the files of {name}: ")
            return
        if set(paths) != changed:
            text = f"approvals: {part.commit[:12]} changes other files than {name}, whose title it has"
            yield Unknown(topic="reviews", text=text)


def _asked(
    forge: Forge, repository: Repository, evidence: Evidence, head: str
) -> tuple[PullRequest | None, tuple[Unknown, ...]]:
    """Return the request with its trailers and the members of the teams that matter; None without an answer."""
    try:
        request = forge.request(head or evidence.head)
    except HttpFailed as exc:
        return None, (_unknown(exc),)
    if not evidence.parts:
        request = request.model_copy(update={"head": ""})
    trailers = _trailers(repository, request.head or evidence.head)
    teams: dict[str, tuple[str, ...]] = {}
    unknowns: list[Unknown] = []
    for name in filter(forge.is_team, _named(evidence)):
        try:
            members = forge.members(name)
        except HttpFailed as exc:
            unknowns.append(_unknown(exc, f"the members of {name}: "))
            continue
        if members is not None:
            teams[name] = members
    return request.model_copy(update={"teams": teams, "trailers": trailers}), tuple(unknowns)


def _unknown(error: HttpFailed, what: str = "approvals: ") -> Unknown:
    return Unknown(topic="reviews", text=f"{what}{error}")


def _trailers(repository: Repository, commit: str) -> dict[str, str]:
    """Return the trailers of a commit; of one that the clone has not, none."""
    try:
        message = repository.log(f"{commit}^!", "%B")
    except InputError:
        return {}
    return {key.lower(): value for key, value in trailers_of(message)}


def _named(evidence: Evidence) -> tuple[str, ...]:
    """Return the users and teams that the policy and the CODEOWNERS of the changed files name."""
    policy = evidence.policy.override
    owned = _owners(evidence.codeowners, (change.path for change in evidence.changes))
    return tuple(sorted({*policy.approvers, *policy.senior, *owned}))


def _owners(codeowners: str, paths: Iterable[str]) -> set[str]:
    return {name for path in paths for owners in owners_of(codeowners, path) for name in owners.owners}
