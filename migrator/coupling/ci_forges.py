"""The jobs of GitHub and GitLab: the events that they tell, and what each names as the commit before."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from migrator.coupling.ci_context import CiContext, number_in, remote_branch
from migrator.coupling.evidence import Scope
from migrator.errors import InputError
from migrator.git import is_nothing

_QUEUE = re.compile(r"gh-readonly-queue/.+/pr-(\d+)-[0-9a-f]+\Z")
_LAST_TAG = "$(git describe --tags --abbrev=0 ${}^)"
"""The newest tag before a commit, in a shell."""
GITHUB_FIX = "Set `fetch-depth: 0` on actions/checkout."


def github(env: Mapping[str, str]) -> CiContext:
    """Return the context of a GitHub job, by the payload of its event."""
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
    """Return the ends of a push; what a forced one replaced is in no clone, so its branch is compared as a new one.

    A tag, a new branch, and events that are no push name no commit before.
    """
    before, after = str(event.get("before") or ""), str(event.get("after") or "")
    default = str(_mapping(event, "repository").get("default_branch") or "")
    ref = str(event.get("ref") or env.get("GITHUB_REF") or "")
    is_replaced = event.get("forced") is True and ref != f"refs/heads/{default}"
    has_before = not is_nothing(before) and not is_replaced
    what = "a forced push" if is_replaced else _kind(ref, env.get("GITHUB_EVENT_NAME", ""), before)
    return {
        "base": before if has_before else remote_branch(default),
        "head": env.get("GITHUB_SHA") or "HEAD" if is_nothing(after) else after,
        "guess": "" if has_before else f"GitHub names no earlier commit for {what}.",
        "previous": _LAST_TAG.format("GITHUB_SHA") if ref.startswith("refs/tags/") else "PREVIOUS",
    }


def _kind(ref: str, event: str, before: str) -> str:
    if ref.startswith("refs/tags/"):
        return "a tag"
    return "a new branch" if before else f"the event {event or 'of this job'}"


def _github_pull(pull: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    base, head = _mapping(pull, "base"), _mapping(pull, "head")
    labels = cast("list[Any]", pull["labels"]) if isinstance(pull.get("labels"), list) else []
    return {
        "base": str(base.get("sha") or remote_branch(env.get("GITHUB_BASE_REF", ""))),
        "head": str(head.get("sha") or "HEAD"),
        "number": number_in(str(pull.get("number"))),
        "author": str(_mapping(pull, "user").get("login", "")),
        "labels": tuple(str(named["name"]) for label in labels if "name" in (named := _mapping({"": label}, ""))),
        "body": str(pull.get("body") or ""),
    }


def gitlab(env: Mapping[str, str]) -> CiContext:
    """Return the context of a GitLab job."""
    number = env.get("CI_MERGE_REQUEST_IID", "")
    is_train = env.get("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train"
    ends = _gitlab_train(env) if is_train else _gitlab_request(env)
    return CiContext(
        "gitlab",
        **ends,
        scope=Scope.PULL_REQUEST if number and not is_train else Scope.RELEASE,
        is_queue=is_train,
        forge="gitlab",
        repository=env.get("CI_MERGE_REQUEST_PROJECT_ID") or env.get("CI_PROJECT_ID", ""),
        api_url=env.get("CI_API_V4_URL", "https://gitlab.com/api/v4"),
        number=number_in(number),
        labels=tuple(label for label in env.get("CI_MERGE_REQUEST_LABELS", "").split(",") if label),
        body=env.get("CI_MERGE_REQUEST_DESCRIPTION", ""),
    )


def _gitlab_request(env: Mapping[str, str]) -> dict[str, Any]:
    """Return the ends of a merge request or a push; new branches, tags, schedules and manual runs name no base."""
    before, target = env.get("CI_COMMIT_BEFORE_SHA", ""), env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
    base = env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or ("" if target or is_nothing(before) else before)
    branch = "" if base else target or env.get("CI_DEFAULT_BRANCH", "")
    fetch = f", and run {_gitlab_fetch(branch)} before the check" if branch else ""
    return {
        "base": base or remote_branch(branch),
        "head": env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or env.get("CI_COMMIT_SHA") or "HEAD",
        "guess": "" if base or target else "GitLab names no earlier commit for this job (CI_COMMIT_BEFORE_SHA).",
        "previous": _LAST_TAG.format("CI_COMMIT_SHA") if env.get("CI_COMMIT_TAG") else "PREVIOUS",
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
        "base": remote_branch(target),
        "head": env.get("CI_COMMIT_SHA") or "HEAD",
        "target": target,
        "fix": f"Set the variable `GIT_DEPTH: 0` for this job, and run {_gitlab_fetch(target)} before the check.",
    }


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
