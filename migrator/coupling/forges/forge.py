"""What a forge is asked, and how its answers become evidence. What it does not say is unknown, never assumed."""

from collections.abc import Iterable
from typing import Protocol

from migrator.coupling.check import Asked, AskForge
from migrator.coupling.ci import CiContext
from migrator.coupling.evidence import Evidence, PullRequest, Unknown
from migrator.coupling.owners import owners_of
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

    def members(self, team: str) -> tuple[str, ...]:
        """Return the users of a team or group, `@org/dba`.

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


def asking(forge: Forge) -> AskForge:
    """Return the function that `check` calls."""

    def ask(repository: Repository, evidence: Evidence, ci: CiContext) -> Asked:
        try:
            request = forge.request(evidence.head)
        except HttpFailed as exc:
            return PullRequest(forge=ci.forge, number=ci.number, labels=ci.labels, body=ci.body), (_unknown(exc),)
        trailers = _trailers(repository, evidence)
        names = _teams(evidence)
        teams: dict[str, tuple[str, ...]] = {}
        unknowns: list[Unknown] = []
        for name in names:
            try:
                teams[name] = forge.members(name)
            except HttpFailed as exc:
                unknowns.append(_unknown(exc, f"the members of {name}: "))
        return request.model_copy(update={"teams": teams, "trailers": trailers}), tuple(unknowns)

    return ask


def _unknown(error: HttpFailed, what: str = "approvals: ") -> Unknown:
    return Unknown(topic="reviews", text=f"{what}{error}")


def _trailers(repository: Repository, evidence: Evidence) -> dict[str, str]:
    message = repository.log(f"{evidence.head}^!", "%B")
    return {key.lower(): value for key, value in trailers_of(message)}


def _teams(evidence: Evidence) -> tuple[str, ...]:
    """Return the teams that the policy and the CODEOWNERS of the changed files name."""
    policy = evidence.policy.override
    owned = _owners(evidence.codeowners, (change.path for change in evidence.changes))
    return tuple(sorted({name for name in (*policy.approvers, *policy.senior, *owned) if "/" in name}))


def _owners(codeowners: str, paths: Iterable[str]) -> set[str]:
    return {name for path in paths for owners in owners_of(codeowners, path) for name in owners.owners}
