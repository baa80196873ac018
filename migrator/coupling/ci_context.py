"""What every CI system is asked for, and how the names of branches and requests are read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from migrator.coupling.evidence import Scope

_PULL_URL = re.compile(
    r"https://(?P<host>[^/]+)/(?P<repository>.+?)(?:/-)?/(?:pulls?|pull-requests|merge_requests)/(?P<number>\d+)/?\Z"
)
_APIS = {"github.com": ("github", "https://api.github.com"), "gitlab.com": ("gitlab", "https://gitlab.com/api/v4")}
"""Forges whose API is known from the address of a request, for CI systems that are not theirs."""


@dataclass(frozen=True, slots=True)
class CiContext:
    """What a CI system says; empty strings for what it does not."""

    name: str
    base: str = ""
    """A ref or commit to compare with."""
    head: str = "HEAD"
    scope: Scope = Scope.PULL_REQUEST
    is_queue: bool = False
    """Whether the range is the batch of a merge queue."""
    target: str = ""
    """The branch of that queue."""
    forge: Literal["github", "gitlab", "none"] = "none"
    repository: str = ""
    """`owner/name` of GitHub, the project's id or path of GitLab."""
    api_url: str = ""
    number: int | None = None
    """The pull or merge request."""
    author: str = ""
    labels: tuple[str, ...] = ()
    body: str = ""
    guess: str = ""
    """Why the base is only the default branch: what this CI does not name; empty when it names the base."""
    previous: str = "PREVIOUS"
    """How a job's file spells the commit that stood there before, where there is a way to know it."""
    fix: str = "Fetch the whole history: git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'."
    """How this CI is told to clone the whole history."""
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])


def request_at(number: str | None, url: str | None) -> dict[str, Any]:
    """Return the request's number, and by its address on which forge it can be asked for."""
    found = _PULL_URL.match(url or "")
    if found is None:
        return {"number": number_in(number)}
    forge, api = _APIS.get(found["host"], ("none", ""))
    return {"number": int(found["number"]), "forge": forge, "api_url": api, "repository": found["repository"]}


def remote_branch(name: str) -> str:
    """Return a branch as the clone knows it; many CI systems make no origin/HEAD, and name the branch instead."""
    return f"origin/{name}" if name else "origin/HEAD"


def number_in(text: str | None) -> int | None:
    """Return the number of a request; None for what is none."""
    return int(text) if text and text.isdigit() else None
