"""Ends that are the same, swapped, apart or only guessed: no range passes without a word that nothing was compared."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.coupling.checking import check, verdict
from tests.coupling.repositories import Repo

DROP = "migrations/20261001_drop/contract.sql"
APP = "src/app.py"


@pytest.fixture
def shop(repo: Repo) -> Repo:
    """Return three releases: `old` uses a column, `new` does not, `newest` drops it."""
    table = {"migrations/20260101_users/expand.sql": "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n"}
    repo.commit({**table, APP: "x = 'SELECT email FROM users'\n"})
    repo.git("tag", "old")
    repo.commit({APP: "x = 'SELECT id FROM users'\n"})
    repo.git("tag", "new")
    repo.commit({DROP: "ALTER TABLE users DROP COLUMN email;\n"})
    repo.git("tag", "newest")
    return repo


def found_in(found: dict[str, Any]) -> tuple[str, int, list[tuple[str, str, int]]]:
    return found["verdict"], found["exit"], [(f["rule"], f["path"], f["line"]) for f in found["findings"]]


def test_a_way_back_to_code_that_uses_what_is_gone_fails(shop: Repo) -> None:
    found = verdict(shop, "--range", "newest..old")
    assert found_in(found) == ("fail", 1, [("CPL003", APP, 1)])
    assert "has removed public.users.email" in found["findings"][0]["message"]
    assert "does without public.users.email" in found["findings"][0]["help"]
    shop.git("switch", "--quiet", "-c", "side", "old")
    shop.commit({"src/other.py": "y = 1\n"})
    assert found_in(verdict(shop, "--range", "newest..side")) == ("fail", 1, [("CPL003", APP, 1)])


def test_a_way_back_that_breaks_nothing_passes_and_says_so_in_each_output(shop: Repo, tmp_path: Path) -> None:
    formats = ("json", "github", "markdown", "junit", "sarif")
    outputs = [word for name in formats for word in ("--output", f"{name}={tmp_path / name}")]
    done = check(shop, "--range", "newest..new", *outputs)
    assert done.returncode == 0
    for text in (done.stdout, *((tmp_path / name).read_text() for name in formats)):
        assert "it goes back" in text
        assert "ends are swapped" in text


def test_a_way_back_over_what_nobody_can_read_is_unknown(shop: Repo) -> None:
    shop.commit({"migrations/20261101_more.sql": "DROP TABLE users BOGUS;\n"})
    found = verdict(shop, "--range", "HEAD..new")
    assert found_in(found)[:2] == ("unknown", 3)
    assert "migrations/20261101_more.sql is deployed" in found["unknowns"][0]


def test_nothing_to_compare_is_said(shop: Repo) -> None:
    for arguments, text in {
        ("--range", "new..new"): "are the same commit: nothing ships",
        ("--base", "new", "--head", "new"): "are the same commit: there is nothing to merge",
        ("--base", "newest", "--head", "new"): "has all of new",
    }.items():
        done = check(shop, *arguments)
        assert (done.returncode, text in done.stdout) == (0, True), done.stdout


def test_unrelated_histories_are_unknown_and_no_fetch_helps(shop: Repo) -> None:
    shop.git("switch", "--quiet", "--orphan", "other")
    shop.commit({"a": "1"})
    done = check(shop, "--range", "old..other")
    assert (done.returncode, "nothing in common. Name other commits" in done.stdout) == (3, True)


BRANCHES = {
    "bitbucket": ({"BITBUCKET_BUILD_NUMBER": "1"}, '--range "PREVIOUS..'),
    "azure": ({"TF_BUILD": "True"}, '--range "PREVIOUS..'),
    "jenkins": ({"JENKINS_URL": "x"}, '--range "PREVIOUS..'),
    "circleci": ({"CIRCLECI": "true"}, '--range "<< pipeline.git.base_revision >>..'),
    "gitlab": ({"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": "0" * 40, "CI_COMMIT_TAG": "v1"}, "git describe --tags"),
    "github": ({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "schedule"}, '--range "PREVIOUS..'),
}


@pytest.mark.parametrize(
    "name", [n if n in {"circleci", "github"} else pytest.param(n, marks=pytest.mark.thorough) for n in BRANCHES]
)
def test_the_job_of_a_branch_that_names_no_earlier_commit(feature: Repo, tmp_path: Path, name: str) -> None:
    """On the default branch nothing can be compared, on another one the default branch is."""
    clone = feature.clone(tmp_path / "clone")
    clone.git("remote", "set-head", "origin", "main")
    environment, todo = BRANCHES[name]
    found = verdict(clone, **environment)
    assert (found["verdict"], found["exit"]) == ("fail", 1)
    assert "It is compared with origin/HEAD" in found["notes"][0]
    clone.git("switch", "--quiet", "--detach", "origin/main")
    found = verdict(clone, **environment)
    assert (found["verdict"], found["exit"]) == ("unknown", 3)
    assert "nothing could be compared" in found["unknowns"][0]
    assert todo in found["unknowns"][0]
    assert found_in(verdict(clone, "--range", "HEAD..HEAD", **environment)) == ("pass", 0, [])


def test_a_hook_that_pushes_another_branch_judges_that(feature: Repo, tmp_path: Path) -> None:
    """pre-commit tells a hook of the stage pre-push what is pushed; what is checked out may be something else."""
    clone = feature.clone(tmp_path / "clone")
    clone.git("remote", "set-head", "origin", "main")
    clone.git("switch", "--quiet", "--detach", "origin/main")
    pushed = feature.git("rev-parse", "feature")
    assert verdict(clone, PRE_COMMIT_TO_REF=pushed)["exit"] == 1
    assert verdict(clone)["exit"] == 0


def test_a_partial_clone_that_cannot_fetch_is_unknown(feature: Repo, tmp_path: Path) -> None:
    feature.git("config", "uploadpack.allowFilter", "true")
    clone = feature.clone(tmp_path / "blobless", "--filter=blob:none", "--no-checkout")
    clone.git("remote", "set-url", "origin", "file:///nowhere")
    found = verdict(clone, "--base", "origin/main")
    assert (found["verdict"], found["exit"]) == ("unknown", 3)
    assert "clone again, whole" in found["unknowns"][0]


def test_a_repeated_verdict_has_the_same_notes(shop: Repo, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    found = verdict(shop, "--range", "newest..old", "--output", f"json={file}", "--output", "json")
    again = verdict(shop, "--evidence", str(file))
    assert (found_in(again), again["notes"]) == (found_in(found), json.loads(file.read_text())["notes"])
