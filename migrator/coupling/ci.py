"""Which CI runs us, and what it says of the change: commits, pull request, labels. Read from its environment only.

An event's payload may be old: a re-run of a GitHub job gets the one of its first run. What decides about an
override is therefore asked of the forge's API when there is a token (`migrator.coupling.forges`).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from migrator.coupling.evidence import Scope
from migrator.errors import InputError
from migrator.git import is_nothing

_QUEUE = re.compile(r"gh-readonly-queue/.+/pr-(\d+)-[0-9a-f]+\Z")
_PULL_URL = re.compile(
    r"https://(?P<host>[^/]+)/(?P<repository>.+?)(?:/-)?/(?:pulls?|pull-requests|merge_requests)/(?P<number>\d+)/?\Z"
)
_APIS = {"github.com": ("github", "https://api.github.com"), "gitlab.com": ("gitlab", "https://gitlab.com/api/v4")}
"""Forges whose API is known from the address of a request, for CI systems that are not theirs."""

GITHUB_FIX = "Set `fetch-depth: 0` on actions/checkout."


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
    fix: str = "Fetch the whole history: git fetch --unshallow."
    """How this CI is told to clone the whole history."""
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])


def read_ci(environment: Mapping[str, str]) -> CiContext:
    """Return the context of the CI system that set this environment; a plain one without any.

    Raises:
        InputError: GITHUB_EVENT_PATH cannot be read.
    """
    for name, read in _SYSTEMS.items():
        if environment.get(name):
            return read(environment)
    return CiContext("local", base="origin/HEAD")


def _github(env: Mapping[str, str]) -> CiContext:
    event, name = _payload(env.get("GITHUB_EVENT_PATH", "")), env.get("GITHUB_EVENT_NAME", "")
    common: dict[str, Any] = {
        "name": f"github {name}",
        "forge": "github",
        "repository": env.get("GITHUB_REPOSITORY", ""),
        "api_url": env.get("GITHUB_API_URL", "https://api.github.com"),
        "fix": GITHUB_FIX,
        "payload": event,
    }
    pull = _mapping(event, "pull_request")
    if pull:
        return CiContext(**common, **_github_pull(pull, env))
    queue = _mapping(event, "merge_group")
    if queue:
        number = _QUEUE.search(str(queue.get("head_ref", "")))
        commits: dict[str, Any] = {"base": str(queue.get("base_sha", "")), "head": str(queue.get("head_sha", "HEAD"))}
        found = int(number[1]) if number else None
        target = str(queue.get("base_ref") or "").removeprefix("refs/heads/")
        return CiContext(**common, **commits, scope=Scope.RELEASE, is_queue=True, number=found, target=target)
    return CiContext(**common, **_github_push(event, env), scope=Scope.RELEASE)


def _github_push(event: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    """Return the ends of a push; what a forced one replaced is in no clone, so its branch is compared as a new one."""
    before, after = str(event.get("before") or ""), str(event.get("after") or env.get("GITHUB_SHA") or "HEAD")
    default = str(_mapping(event, "repository").get("default_branch") or "")
    is_replaced = event.get("forced") is True and event.get("ref") != f"refs/heads/{default}"
    return {"base": _branch(default) if is_nothing(before) or is_replaced else before, "head": after}


def _github_pull(pull: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    base, head = _mapping(pull, "base"), _mapping(pull, "head")
    labels = cast("list[Any]", pull["labels"]) if isinstance(pull.get("labels"), list) else []
    return {
        "base": str(base.get("sha") or _branch(env.get("GITHUB_BASE_REF", ""))),
        "head": str(head.get("sha") or "HEAD"),
        "number": _number(str(pull.get("number"))),
        "author": str(_mapping(pull, "user").get("login", "")),
        "labels": tuple(str(named["name"]) for label in labels if "name" in (named := _mapping({"": label}, ""))),
        "body": str(pull.get("body") or ""),
    }


def _gitlab(env: Mapping[str, str]) -> CiContext:
    number = env.get("CI_MERGE_REQUEST_IID", "")
    is_train = env.get("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train"
    before = env.get("CI_COMMIT_BEFORE_SHA", "")
    pushed = _branch(env.get("CI_DEFAULT_BRANCH", "")) if is_nothing(before) else before
    ends = _gitlab_train(env) if is_train else _gitlab_request(env, pushed)
    return CiContext(
        "gitlab",
        **ends,
        scope=Scope.PULL_REQUEST if number and not is_train else Scope.RELEASE,
        is_queue=is_train,
        forge="gitlab",
        repository=env.get("CI_MERGE_REQUEST_PROJECT_ID") or env.get("CI_PROJECT_ID", ""),
        api_url=env.get("CI_API_V4_URL", "https://gitlab.com/api/v4"),
        number=_number(number),
        labels=tuple(label for label in env.get("CI_MERGE_REQUEST_LABELS", "").split(",") if label),
        body=env.get("CI_MERGE_REQUEST_DESCRIPTION", ""),
    )


def _gitlab_request(env: Mapping[str, str], pushed: str) -> dict[str, Any]:
    base = env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or pushed
    fetch = (
        f", and run {_gitlab_fetch(base.removeprefix('origin/'))} before the check"
        if base.startswith("origin/")
        else ""
    )
    return {
        "base": base,
        "head": env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or env.get("CI_COMMIT_SHA") or "HEAD",
        "fix": f"Set the variable `GIT_DEPTH: 0` for this job{fetch}.",
    }


def _gitlab_fetch(branch: str) -> str:
    """Return the command that fetches a branch: a job's clone names only the commit that it is about."""
    return f'`git fetch origin "+refs/heads/{branch}:refs/remotes/origin/{branch}"`'


def _gitlab_train(env: Mapping[str, str]) -> dict[str, Any]:
    """Return the ends of a merge train: all that stands before this merge request in it, on the target's tip.

    The job's own variables name the merge request's commits; the train's commit is the one that is checked out.
    """
    target = env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or env.get("CI_DEFAULT_BRANCH", "")
    return {
        "base": _branch(target),
        "head": env.get("CI_COMMIT_SHA") or "HEAD",
        "target": target,
        "fix": f"Set the variable `GIT_DEPTH: 0` for this job, and run {_gitlab_fetch(target)} before the check.",
    }


def _bitbucket(env: Mapping[str, str]) -> CiContext:
    branch = env.get("BITBUCKET_PR_DESTINATION_BRANCH", "")
    return CiContext(
        "bitbucket",
        base=env.get("BITBUCKET_PR_DESTINATION_COMMIT") or _branch(branch),
        head=env.get("BITBUCKET_COMMIT") or "HEAD",
        number=_number(env.get("BITBUCKET_PR_ID")),
        fix="Set `clone: depth: full` in bitbucket-pipelines.yml.",
    )


def _azure(env: Mapping[str, str]) -> CiContext:
    target = env.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "").removeprefix("refs/heads/")
    return CiContext(
        "azure",
        base=_branch(target),
        head=env.get("SYSTEM_PULLREQUEST_SOURCECOMMITID") or env.get("BUILD_SOURCEVERSION") or "HEAD",
        **_azure_forge(env),
        fix="Set `fetchDepth: 0` on the checkout step.",
    )


def _azure_forge(env: Mapping[str, str]) -> dict[str, Any]:
    """Return whose pull request it is: GitHub's has a number there and another one at Azure."""
    number, repository = env.get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"), env.get("BUILD_REPOSITORY_NAME", "")
    is_github = number and env.get("BUILD_REPOSITORY_PROVIDER") == "GitHub"
    url = f"https://github.com/{repository}/pull/{number}" if is_github else None
    return _request(number or env.get("SYSTEM_PULLREQUEST_PULLREQUESTID"), url)


def _jenkins(env: Mapping[str, str]) -> CiContext:
    target = env.get("CHANGE_TARGET", "")
    return CiContext(
        "jenkins",
        base=f"origin/{target}" if target else env.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT") or "origin/HEAD",
        head=env.get("GIT_COMMIT") or "HEAD",
        scope=Scope.PULL_REQUEST if target else Scope.RELEASE,
        **_request(env.get("CHANGE_ID"), env.get("CHANGE_URL")),
        author=env.get("CHANGE_AUTHOR", ""),
        fix="Switch shallow clones off, and let the job fetch the target branch.",
    )


def _circleci(env: Mapping[str, str]) -> CiContext:
    return CiContext(
        "circleci",
        base="origin/HEAD",
        head=env.get("CIRCLE_SHA1") or "HEAD",
        **_request(env.get("CIRCLE_PR_NUMBER"), env.get("CIRCLE_PULL_REQUEST")),
        fix="Set `method: full` on the checkout step.",
    )


_SYSTEMS = {
    "GITHUB_ACTIONS": _github,
    "GITLAB_CI": _gitlab,
    "BITBUCKET_BUILD_NUMBER": _bitbucket,
    "TF_BUILD": _azure,
    "JENKINS_URL": _jenkins,
    "JENKINS_HOME": _jenkins,
    "CIRCLECI": _circleci,
}


def _request(number: str | None, url: str | None) -> dict[str, Any]:
    """Return the request's number, and by its address on which forge it can be asked for."""
    found = _PULL_URL.match(url or "")
    if found is None:
        return {"number": _number(number)}
    forge, api = _APIS.get(found["host"], ("none", ""))
    return {"number": int(found["number"]), "forge": forge, "api_url": api, "repository": found["repository"]}


def _branch(name: str) -> str:
    """Return a branch as the clone knows it; many CI systems make no origin/HEAD, and name the branch instead."""
    return f"origin/{name}" if name else "origin/HEAD"


def _payload(path: str) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"GITHUB_EVENT_PATH cannot be read: {exc}.", "Give --base and --head.") from exc
    return cast("Mapping[str, Any]", data) if isinstance(data, dict) else {}


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
