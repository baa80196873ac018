"""Overriding in a GitLab job. Contract tests: the documented answers of its API are served locally."""

from typing import Any

import pytest

from tests.coupling.checking import ADD, EXPAND, check, verdict
from tests.coupling.forge_server import ForgeServer
from tests.coupling.repositories import Repo

REQUEST = "/projects/42/merge_requests/7"
OWNERS = "[Database][2] @dba @erin\nmigrations/\n\n^[Docs]\n*.md @writer\n"


@pytest.fixture
def feature(repo: Repo) -> Repo:
    """A branch that adds a column and uses it, in a repository whose CODEOWNERS ask for two of a section."""
    repo.commit({"src/app.py": "x = 1\n", "CODEOWNERS": OWNERS})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({EXPAND: ADD, "src/app.py": "x = 2\n"})
    return repo


def job(feature: Repo, forge: ForgeServer, *approvers: str) -> dict[str, str]:
    head = feature.git("rev-parse", "HEAD")
    body = "Reason: checkout is down, both halves are needed\nPostmortem: INC-42"

    def note(user: str) -> dict[str, Any]:
        at = "2026-11-21T11:00:00Z"
        text = "approved this merge request"
        return {"system": True, "body": text, "author": {"username": user}, "created_at": at}

    request = {"author": {"username": "eve"}, "labels": ["allow-coupled-migration"], "description": body, "sha": head}
    forge.answers = {
        f"GET {REQUEST}": request,
        f"GET {REQUEST}/approvals": {"approved_by": [{"user": {"username": name}} for name in approvers]},
        f"GET {REQUEST}/versions": [{"head_commit_sha": head, "created_at": "2026-11-21T10:00:00Z"}],
        f"GET {REQUEST}/notes": [note(name) for name in approvers],
        f"GET {REQUEST}/commits": [],
        "GET /groups/dba/members/all": [{"username": "alice"}, {"username": "bob"}],
    }
    return {
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": feature.git("rev-parse", "main"),
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": head,
        "CI_API_V4_URL": forge.url,
        "GITLAB_TOKEN": "secret-token",
    }


def test_a_sections_count_is_asked_and_a_group_needs_no_slash(feature: Repo, forge: ForgeServer) -> None:
    """`@dba` is a group, `@erin` a user: only the API can tell."""
    found = verdict(feature, **job(feature, forge, "alice"))
    assert found["exit"] == 1
    assert found["override"]["missing"][0].endswith("(1 of 2); can be given by @bob, @erin")
    found = verdict(feature, **job(feature, forge, "alice", "erin"))
    assert (found["verdict"], found["override"]["approvers"]) == ("overridden", ["alice", "erin"])


def test_the_token_is_in_no_output(feature: Repo, forge: ForgeServer) -> None:
    environment = {**job(feature, forge, "alice"), "CI_API_V4_URL": "http://127.0.0.1:1"}
    done = check(feature, "--format", "json", **environment)
    assert done.returncode == 1
    assert "secret-token" not in done.stdout + done.stderr


def test_a_merge_train_says_which_merge_request_brings_which_half(repo: Repo) -> None:
    """Both are clean, and the train would ship them together; the first of them alone passes."""
    repo.commit({"src/app.py": "x = 1\n"})
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    cars = {11: {EXPAND: ADD}, 12: {"src/app.py": "x = 2\n"}}
    found = dict[int, dict[str, Any]]()
    for number, files in cars.items():
        repo.git("switch", "--quiet", "-c", f"mr-{number}", "origin/main")
        repo.commit(files)
        repo.git("switch", "--quiet", "main")
        message = f"Merge branch mr-{number} with refs/heads/main into refs/merge-requests/{number}/train"
        repo.git("merge", "--quiet", "--no-ff", f"mr-{number}", "-m", message)
        train = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": str(number), "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train"}
        train |= {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_COMMIT_SHA": repo.git("rev-parse", "HEAD")}
        found[number] = verdict(repo, **train)
    assert found[11]["verdict"] == "pass"
    (finding,) = found[12]["findings"]
    assert (finding["rule"], found[12]["exit"]) == ("CPL002", 1)
    assert "#12 (" in finding["message"]
    assert "#11 (" in finding["message"]


def test_a_merge_train_without_its_target_is_unknown_with_the_fix(repo: Repo) -> None:
    train = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "1", "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train"}
    found = verdict(repo, **train, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert (found["verdict"], found["exit"]) == ("unknown", 3)
    assert "+refs/heads/main:refs/remotes/origin/main" in found["unknowns"][0]
