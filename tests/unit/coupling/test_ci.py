"""Which CI runs us, by its documented environment."""

import json
from pathlib import Path
from typing import Any

import pytest

from migrator.coupling.ci import read_ci
from migrator.coupling.evidence import Scope
from migrator.errors import InputError

BASE, HEAD = "b" * 40, "a" * 40


def github(folder: Path, event: dict[str, Any], name: str) -> dict[str, str]:
    (folder / "event.json").write_text(json.dumps(event))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "org/shop",
        "GITHUB_SHA": "c" * 40,
    }


def test_github_pull_request(tmp_path: Path) -> None:
    pull = {
        "number": 7,
        "base": {"sha": BASE, "ref": "main"},
        "head": {"sha": HEAD},
        "user": {"login": "eve"},
        "labels": [{"name": "x"}],
        "body": None,
    }
    ci = read_ci(github(tmp_path, {"pull_request": pull}, "pull_request"))
    assert (ci.base, ci.head, ci.number, ci.author) == (BASE, HEAD, 7, "eve")
    assert (ci.scope, ci.labels, ci.forge, ci.repository) == (Scope.PULL_REQUEST, ("x",), "github", "org/shop")
    assert "fetch-depth: 0" in ci.fix


def test_github_merge_queue_and_push_are_releases(tmp_path: Path) -> None:
    group = {"base_sha": BASE, "head_sha": HEAD, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-12-{BASE}"}
    ci = read_ci(github(tmp_path, {"merge_group": group}, "merge_group"))
    assert (ci.base, ci.head, ci.number, ci.scope) == (BASE, HEAD, 12, Scope.RELEASE)
    ci = read_ci(github(tmp_path, {"before": BASE, "after": HEAD}, "push"))
    assert (ci.base, ci.head, ci.scope) == (BASE, HEAD, Scope.RELEASE)
    ci = read_ci(github(tmp_path, {"before": "0" * 40, "after": HEAD}, "push"))
    assert ci.base == "origin/HEAD"
    new = {"before": "0" * 40, "after": HEAD, "repository": {"default_branch": "trunk"}}
    assert read_ci(github(tmp_path, new, "push")).base == "origin/trunk"


def test_an_event_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="GITHUB_EVENT_PATH cannot be read"):
        read_ci({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(tmp_path / "none")})


def test_gitlab() -> None:
    ci = read_ci(
        {
            "GITLAB_CI": "true",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": BASE,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
            "CI_COMMIT_SHA": "c" * 40,
            "CI_MERGE_REQUEST_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_LABELS": "a,b",
        }
    )
    assert (ci.base, ci.head, ci.number, ci.labels) == (BASE, HEAD, 7, ("a", "b"))
    assert (ci.forge, ci.repository, ci.scope) == ("gitlab", "42", Scope.PULL_REQUEST)
    pushed = read_ci({"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": BASE, "CI_COMMIT_SHA": HEAD})
    assert (pushed.base, pushed.head, pushed.scope) == (BASE, HEAD, Scope.RELEASE)
    new = {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": "0" * 40, "CI_DEFAULT_BRANCH": "trunk"}
    assert read_ci(new).base == "origin/trunk"


@pytest.mark.parametrize(
    ("environment", "base", "head", "number"),
    [
        (
            {"BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_DESTINATION_BRANCH": "main", "BITBUCKET_COMMIT": HEAD}
            | {"BITBUCKET_PR_ID": "7"},
            "origin/main",
            HEAD,
            7,
        ),
        (
            {"TF_BUILD": "True", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main", "BUILD_SOURCEVERSION": HEAD}
            | {"SYSTEM_PULLREQUEST_PULLREQUESTNUMBER": "7"},
            "origin/main",
            HEAD,
            7,
        ),
        (
            {"JENKINS_URL": "x", "CHANGE_TARGET": "main", "CHANGE_ID": "7", "GIT_COMMIT": HEAD},
            "origin/main",
            HEAD,
            7,
        ),
        (
            {"CIRCLECI": "true", "CIRCLE_PULL_REQUEST": "https://forge/org/shop/pull/7", "CIRCLE_SHA1": HEAD},
            "origin/HEAD",
            HEAD,
            7,
        ),
        ({}, "origin/HEAD", "HEAD", None),
    ],
    ids=["bitbucket", "azure", "jenkins", "circleci", "none"],
)
def test_others(environment: dict[str, str], base: str, head: str, number: int | None) -> None:
    ci = read_ci(environment)
    assert (ci.base, ci.head, ci.number) == (base, head, number)


def test_a_merge_train_is_a_queue_on_the_tip_of_its_target() -> None:
    train = {
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": BASE,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "d" * 40,
        "CI_COMMIT_SHA": HEAD,
    }
    ci = read_ci(train)
    assert (ci.base, ci.head, ci.number, ci.scope, ci.is_queue) == ("origin/main", HEAD, 7, Scope.RELEASE, True)
    assert "+refs/heads/main:refs/remotes/origin/main" in ci.fix
    ci = read_ci({**train, "CI_MERGE_REQUEST_EVENT_TYPE": "merged_result"})
    assert (ci.base, ci.head, ci.scope, ci.is_queue) == (BASE, "d" * 40, Scope.PULL_REQUEST, False)


def test_a_forced_push_is_compared_as_a_new_branch(tmp_path: Path) -> None:
    """What it replaced is in no clone; on the default branch that stays unknown."""
    event = {"before": BASE, "after": HEAD, "forced": True, "repository": {"default_branch": "trunk"}}
    assert read_ci(github(tmp_path, {**event, "ref": "refs/heads/x"}, "push")).base == "origin/trunk"
    assert read_ci(github(tmp_path, {**event, "ref": "refs/heads/trunk"}, "push")).base == BASE


@pytest.mark.parametrize(
    ("environment", "known"),
    [
        (
            {"CIRCLECI": "true", "CIRCLE_PULL_REQUEST": "https://github.com/org/shop/pull/7"},
            ("github", "org/shop", 7),
        ),
        (
            {
                "JENKINS_HOME": "/x",
                "CHANGE_ID": "7",
                "CHANGE_URL": "https://gitlab.com/org/sub/shop/-/merge_requests/7",
            },
            ("gitlab", "org/sub/shop", 7),
        ),
        (
            {"JENKINS_URL": "x", "CHANGE_ID": "7", "CHANGE_URL": "https://own.example/org/shop/pull/7"},
            ("none", "org/shop", 7),
        ),
        (
            {"TF_BUILD": "True", "BUILD_REPOSITORY_PROVIDER": "GitHub", "BUILD_REPOSITORY_NAME": "org/shop"}
            | {"SYSTEM_PULLREQUEST_PULLREQUESTID": "99999", "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER": "7"},
            ("github", "org/shop", 7),
        ),
        (
            {"TF_BUILD": "True", "BUILD_REPOSITORY_PROVIDER": "TfsGit", "SYSTEM_PULLREQUEST_PULLREQUESTID": "5"},
            ("none", "", 5),
        ),
        ({"CIRCLECI": "true", "CIRCLE_PR_NUMBER": "7"}, ("none", "", 7)),
        ({"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "x"}, ("gitlab", "", None)),
    ],
)
def test_another_systems_job_knows_its_forge(environment: dict[str, str], known: tuple[str, str, int | None]) -> None:
    """A token then reads approvals there, too."""
    ci = read_ci(environment)
    assert (ci.forge, ci.repository, ci.number) == known


def test_a_gitlab_job_without_a_commit_before_fetches_the_branch_that_it_is_compared_with() -> None:
    ci = read_ci({"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": "0" * 40, "CI_DEFAULT_BRANCH": "main"})
    assert "+refs/heads/main:refs/remotes/origin/main" in ci.fix


def test_an_event_of_another_form_is_no_traceback(tmp_path: Path) -> None:
    """Forges that speak GitHub's dialect do not all write what GitHub writes."""
    pull = {"number": "x", "base": [], "head": {"sha": 5}, "labels": ["a", {"name": "b"}], "user": None, "body": 7}
    ci = read_ci(github(tmp_path, {"pull_request": pull}, "pull_request"))
    assert (ci.number, ci.labels, ci.author, ci.body) == (None, ("b",), "", "7")


@pytest.mark.parametrize(
    ("environment", "guess", "previous"),
    [
        ({"TF_BUILD": "True"}, "Azure does not say", "PREVIOUS"),
        ({"TF_BUILD": "True", "SYSTEM_PULLREQUEST_TARGETBRANCH": "main"}, "", "PREVIOUS"),
        ({"BITBUCKET_BUILD_NUMBER": "1"}, "Bitbucket does not say", "PREVIOUS"),
        ({"BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_DESTINATION_COMMIT": BASE}, "", "PREVIOUS"),
        ({"JENKINS_URL": "x"}, "GIT_PREVIOUS_SUCCESSFUL_COMMIT", "PREVIOUS"),
        ({"JENKINS_URL": "x", "GIT_PREVIOUS_SUCCESSFUL_COMMIT": BASE}, "", "PREVIOUS"),
        ({"CIRCLECI": "true"}, "CircleCI sets no variable", "<< pipeline.git.base_revision >>"),
        ({"GITLAB_CI": "1", "CI_COMMIT_BEFORE_SHA": "0" * 40}, "CI_COMMIT_BEFORE_SHA", "PREVIOUS"),
        (
            {"GITLAB_CI": "1", "CI_COMMIT_TAG": "v2"},
            "CI_COMMIT_BEFORE_SHA",
            "describe --tags --abbrev=0 $CI_COMMIT_SHA^",
        ),
        ({"GITLAB_CI": "1", "CI_COMMIT_BEFORE_SHA": BASE}, "", "PREVIOUS"),
        ({"GITLAB_CI": "1", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}, "", "PREVIOUS"),
        ({"PRE_COMMIT_TO_REF": HEAD}, "", "PREVIOUS"),
    ],
)
def test_a_base_that_nobody_named_is_a_guess(environment: dict[str, str], guess: str, previous: str) -> None:
    ci = read_ci(environment)
    assert (guess in ci.guess, bool(ci.guess)) == (True, bool(guess))
    assert previous in ci.previous


@pytest.mark.parametrize(
    ("event", "name", "guess"),
    [
        ({"before": BASE, "after": HEAD, "ref": "refs/heads/main"}, "push", ""),
        ({"before": "0" * 40, "after": HEAD, "ref": "refs/heads/x"}, "push", "a new branch"),
        ({"before": "0" * 40, "after": HEAD, "ref": "refs/tags/v1"}, "push", "a tag"),
        ({"before": BASE, "after": HEAD, "ref": "refs/heads/x", "forced": True}, "push", "a forced push"),
        ({"before": BASE, "after": "0" * 40, "ref": "refs/heads/main"}, "push", ""),
        ({"inputs": {}, "ref": "refs/heads/main"}, "workflow_dispatch", "the event workflow_dispatch"),
        ({"schedule": "0 0 * * *"}, "schedule", "the event schedule"),
    ],
)
def test_events_of_github_that_name_no_earlier_commit(
    tmp_path: Path, event: dict[str, Any], name: str, guess: str
) -> None:
    ci = read_ci(github(tmp_path, event, name))
    assert (guess in ci.guess, bool(ci.guess), ci.scope) == (True, bool(guess), Scope.RELEASE)
    assert ci.head in {HEAD, "c" * 40}
    assert ("describe" in ci.previous) == (guess == "a tag")


def test_a_merge_request_without_a_base_is_compared_with_its_target() -> None:
    """GitLab leaves the commit out at times; the default branch may not be where the request goes."""
    request = {"GITLAB_CI": "1", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "stable"}
    ci = read_ci({**request, "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": "0" * 40})
    assert (ci.base, "refs/heads/stable" in ci.fix) == ("origin/stable", True)
