"""Which CI runs us, and what it says of the change: commits, pull request, labels. Read from its environment only.

An event's payload may be old: a re-run of a GitHub job gets the one of its first run. What decides about an
override is therefore asked of the forge's API when there is a token (`migrator.coupling.forges`).
"""

from collections.abc import Mapping
from typing import Any

from migrator.coupling.ci_context import CiContext, number_in, remote_branch, request_at
from migrator.coupling.ci_forges import github, gitlab
from migrator.coupling.evidence import Scope
from migrator.git import is_nothing


def read_ci(environment: Mapping[str, str]) -> CiContext:
    """Return the context of the CI system that set this environment; a plain one without any.

    Raises:
        InputError: GITHUB_EVENT_PATH cannot be read.
    """
    for name, read in _SYSTEMS.items():
        if environment.get(name):
            return read(environment)
    pushed = environment.get("PRE_COMMIT_TO_REF", "")
    return CiContext("local", base="origin/HEAD", head="HEAD" if is_nothing(pushed) else pushed)


def _bitbucket(env: Mapping[str, str]) -> CiContext:
    branch = env.get("BITBUCKET_PR_DESTINATION_BRANCH", "")
    base = env.get("BITBUCKET_PR_DESTINATION_COMMIT", "")
    return CiContext(
        "bitbucket",
        base=base or remote_branch(branch),
        guess="" if base or branch else "Bitbucket does not say which commit stood before a push.",
        head=env.get("BITBUCKET_COMMIT") or "HEAD",
        number=number_in(env.get("BITBUCKET_PR_ID")),
        fix="Set `clone: depth: full` in bitbucket-pipelines.yml.",
    )


def _azure(env: Mapping[str, str]) -> CiContext:
    target = env.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "").removeprefix("refs/heads/")
    return CiContext(
        "azure",
        base=remote_branch(target),
        guess="" if target else "Azure does not say which commit stood before a push.",
        head=env.get("SYSTEM_PULLREQUEST_SOURCECOMMITID") or env.get("BUILD_SOURCEVERSION") or "HEAD",
        **_azure_forge(env),
        fix="Set `fetchDepth: 0` on the checkout step.",
    )


def _azure_forge(env: Mapping[str, str]) -> dict[str, Any]:
    """Return whose pull request it is: GitHub's has a number there and another one at Azure."""
    number, repository = env.get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"), env.get("BUILD_REPOSITORY_NAME", "")
    is_github = number and env.get("BUILD_REPOSITORY_PROVIDER") == "GitHub"
    url = f"https://github.com/{repository}/pull/{number}" if is_github else None
    return request_at(number or env.get("SYSTEM_PULLREQUEST_PULLREQUESTID"), url)


def _jenkins(env: Mapping[str, str]) -> CiContext:
    target, before = env.get("CHANGE_TARGET", ""), env.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "")
    return CiContext(
        "jenkins",
        base=f"origin/{target}" if target else before or "origin/HEAD",
        guess="" if target or before else "Jenkins names no earlier successful build (GIT_PREVIOUS_SUCCESSFUL_COMMIT).",
        head=env.get("GIT_COMMIT") or "HEAD",
        scope=Scope.PULL_REQUEST if target else Scope.RELEASE,
        **request_at(env.get("CHANGE_ID"), env.get("CHANGE_URL")),
        author=env.get("CHANGE_AUTHOR", ""),
        fix="Switch shallow clones off, and let the job fetch the target branch.",
    )


def _circleci(env: Mapping[str, str]) -> CiContext:
    return CiContext(
        "circleci",
        base="origin/HEAD",
        guess="CircleCI sets no variable with the branch that this goes to, or with the commit before.",
        previous="<< pipeline.git.base_revision >>",
        head=env.get("CIRCLE_SHA1") or "HEAD",
        **request_at(env.get("CIRCLE_PR_NUMBER"), env.get("CIRCLE_PULL_REQUEST")),
        fix="Set `method: full` on the checkout step.",
    )


_SYSTEMS = {
    "GITHUB_ACTIONS": github,
    "GITLAB_CI": gitlab,
    "BITBUCKET_BUILD_NUMBER": _bitbucket,
    "TF_BUILD": _azure,
    "JENKINS_URL": _jenkins,
    "JENKINS_HOME": _jenkins,
    "CIRCLECI": _circleci,
}
