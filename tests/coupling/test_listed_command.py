"""A clone too shallow to compare, and a token: the forge lists the files. Contract tests: git's answers in its form.

Every case is checked against what a whole clone says of the same commits.
"""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.coupling.checking import ADD, EXPAND, check, verdict
from tests.coupling.forge_server import ForgeServer
from tests.coupling.repositories import Repo

PULL = "/repos/org/shop/pulls/7"
REQUEST = "/projects/42/merge_requests/7"
POLICY = '[coupling]\nmigration = ["schema/*.sql", "migrations/**"]\n'
CONTRACT = "migrations/20260901_mail/contract.sql"
STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed"}


@pytest.fixture
def main(repo: Repo) -> Repo:
    """A base with a policy of its own that has gone on since, and a branch on which the case is made."""
    repo.commit({"src/app.py": "x = 1\n", "src/old.py": "def f():\n    return 1\n", "migrator.toml": POLICY})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.git("switch", "--quiet", "main")
    repo.commit({"src/other.py": "y = 1\n"})
    repo.git("switch", "--quiet", "feature")
    return repo


def changed(repo: Repo) -> list[list[str]]:
    listed = repo.git("diff", "--name-status", "-M", "main...feature").splitlines()
    return [line.split("\t") for line in listed]


def content(repo: Repo, ref: str, path: str) -> dict[str, Any]:
    text = base64.b64encode(repo.git("show", f"{ref}:{path}").encode() + b"\n").decode()
    return {"type": "file", "encoding": "base64", "content": text}


def sides(repo: Repo) -> tuple[str, str, str]:
    ends = ["main", "feature"]
    base, head = (repo.git("rev-parse", ref) for ref in ends)
    return base, head, repo.git("merge-base", *ends)


def github(repo: Repo, forge: ForgeServer, folder: Path) -> dict[str, str]:
    """Let the forge answer for the pull request; return the job's environment."""
    base, head, merge_base = sides(repo)
    files = [
        {"filename": names[-1], "status": STATUS[status[0]]}
        | ({"previous_filename": names[0]} if len(names) > 1 else {})
        | ({} if status == "D" else {"sha": repo.git("rev-parse", f"feature:{names[-1]}")})
        | {"patch": "@@ -1,2 +1,3 @@\n x = 1\n-y\n+z"}
        for status, *names in changed(repo)
    ]
    pull: dict[str, Any] = {
        "number": 7,
        "base": {"sha": base},
        "head": {"sha": head},
        "labels": [],
        "user": {"login": "eve"},
    }
    forge.answers = {
        f"GET {PULL}": {**pull, "changed_files": len(files)},
        f"GET {PULL}/files": files,
        f"GET {PULL}/reviews": [],
        f"GET {PULL}/commits": [],
        f"GET /repos/org/shop/compare/{base}...{head}": {"merge_base_commit": {"sha": merge_base}},
    }
    for commit in (base, head, merge_base):
        for path in repo.git("ls-tree", "-r", "--name-only", commit).splitlines():
            forge.answers[f"GET /repos/org/shop/contents/{path}?ref={commit}"] = content(repo, commit, path)
    (folder / "event.json").write_text(json.dumps({"pull_request": pull}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "org/shop",
        "GITHUB_API_URL": forge.url,
        "GITHUB_TOKEN": "secret-token",
    }


def gitlab(repo: Repo, forge: ForgeServer) -> dict[str, str]:
    _, head, merge_base = sides(repo)
    files = [
        {"new_path": names[-1], "old_path": names[0], "diff": "@@ -0,0 +1 @@\n+x", "too_large": False}
        | {"new_file": status == "A", "deleted_file": status == "D", "renamed_file": status[0] == "R"}
        for status, *names in changed(repo)
    ]
    refs = {"base_sha": merge_base, "head_sha": head, "start_sha": merge_base}
    forge.answers = {
        f"GET {REQUEST}": {"diff_refs": refs, "sha": head, "changes_count": str(len(files)), "labels": []},
        f"GET {REQUEST}/diffs": files,
        f"GET /projects/42/repository/commits/{merge_base}": {"id": merge_base},
    }
    for commit in (head, merge_base):
        for path in repo.git("ls-tree", "-r", "--name-only", commit).splitlines():
            url = f"/projects/42/repository/files/{quote(path, safe='')}?ref={commit}"
            forge.answers[f"GET {url}"] = content(repo, commit, path)
    return {
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_PROJECT_ID": "42",
        "CI_COMMIT_SHA": head,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": merge_base,
        "CI_API_V4_URL": forge.url,
        "GITLAB_TOKEN": "secret-token",
    }


def shallow(repo: Repo, folder: Path) -> Repo:
    """Return a clone of the head alone, as a job without `fetch-depth: 0` has it."""
    return repo.clone(folder / "shallow", "--depth=1", "--branch=feature", "--single-branch")


def found_in(result: dict[str, Any]) -> tuple[Any, ...]:
    files = sorted((file["path"], file["class"], file["phase"] or "") for file in result["files"])
    return result["verdict"], files, [(f["rule"], f["path"]) for f in result["findings"]]


CASES: dict[str, dict[str, str]] = {
    "coupled": {"schema/1.sql": ADD, "src/app.py": "x = 'SELECT mail FROM users'\n"},
    "schema alone": {EXPAND: ADD, "docs/a.md": "x\n"},
    "ddl in code": {"src/app.py": 'run("CREATE TABLE a (id int)")\n'},
    "policy": {"migrator.toml": "[coupling]\n", EXPAND: ADD},
}


@pytest.mark.parametrize("name", [n if n == "coupled" else pytest.param(n, marks=pytest.mark.thorough) for n in CASES])
def test_a_shallow_clone_with_a_token_says_what_a_whole_one_says(
    main: Repo, tmp_path: Path, forge: ForgeServer, name: str
) -> None:
    main.git("mv", "src/old.py", "src/new.py")
    main.commit(CASES[name])
    whole = verdict(main, "--base", "main", "--head", "feature")
    clone = shallow(main, tmp_path)
    for by in ("GitLab !7", "GitHub #7"):
        environment = gitlab(main, forge) if by == "GitLab !7" else github(main, forge, tmp_path)
        found = verdict(clone, **environment)
        assert (found["listed_by"], found_in(found)) == (by, found_in(whole)), found["unknowns"]
        assert ("src/old.py", "renamed") in [(file["path"], file["status"]) for file in found["files"]]
    assert whole["listed_by"] is None
    assert verdict(clone, **{**environment, "GITHUB_TOKEN": ""})["verdict"] == "unknown"


def test_a_job_that_has_only_the_merge_reads_the_head_from_it_or_from_the_forge(
    main: Repo, tmp_path: Path, forge: ForgeServer
) -> None:
    """actions/checkout fetches the merge of the pull request, depth 1: the head's own commit is not there."""
    main.commit(CASES["coupled"])
    whole, environment = verdict(main, "--base", "main", "--head", "feature"), github(main, forge, tmp_path)
    main.git("switch", "--quiet", "--detach", "main")
    main.git("merge", "--quiet", "--no-ff", "feature", "-m", "merge")
    main.git("switch", "--quiet", "-c", "merge")
    clone = main.clone(tmp_path / "merged", "--depth=1", "--branch=merge", "--single-branch")
    assert found_in(verdict(clone, **environment)) == found_in(whole)
    asked = [request for request, _, _ in forge.seen if "contents/schema/1.sql" in request]
    assert asked == []  # the clone has that content


def test_the_output_says_whose_list_it_is(main: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    main.commit(CASES["coupled"])
    file = tmp_path / "comment.md"
    done = check(shallow(main, tmp_path), "--output", f"markdown={file}", **github(main, forge, tmp_path))
    for text in (done.stdout, file.read_text()):
        assert "The changed files are those that GitHub #7 lists" in text
    assert "secret-token" not in done.stdout + done.stderr


def test_a_contract_needs_the_code_that_only_a_whole_clone_has(main: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    main.commit({CONTRACT: "ALTER TABLE users DROP COLUMN mail;\n"})
    found = verdict(shallow(main, tmp_path), **github(main, forge, tmp_path))
    assert (found["verdict"], found["exit"]) == ("unknown", 3)
    assert "Set `fetch-depth: 0` on actions/checkout." in " ".join(found["unknowns"])


BROKEN: dict[str, tuple[str, Any]] = {
    "more than is listed": (f"GET {PULL}", {"changed_files": 3001}),
    "no number": (f"GET {PULL}", {"changed_files": None}),
    "another head": (f"GET {PULL}", {"head": {"sha": "a" * 40}}),
    "no list": (f"GET {PULL}/files", (403, {})),
    "not of the documented form": (f"GET {PULL}/files", [{"name": "x"}, 7]),
    "not a request": (f"GET {PULL}", [1]),
}


@pytest.mark.parametrize(
    "name", [n if n == "more than is listed" else pytest.param(n, marks=pytest.mark.thorough) for n in BROKEN]
)
def test_a_list_that_may_not_be_whole_is_unknown(main: Repo, tmp_path: Path, forge: ForgeServer, name: str) -> None:
    main.commit({"docs/a.md": "x\n", "src/app.py": "x = 2\n"})
    environment = github(main, forge, tmp_path)
    request, answer = BROKEN[name]
    forge.answers[request] = {**forge.answers[request], **answer} if isinstance(answer, dict) else answer
    done = check(shallow(main, tmp_path), **environment)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Set `fetch-depth: 0`" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_merge_request_that_overflows_and_content_that_is_not_given(
    main: Repo, tmp_path: Path, forge: ForgeServer
) -> None:
    main.commit({"docs/a.md": "x\n", "src/app.py": "x = 2\n"})
    clone, environment = shallow(main, tmp_path), gitlab(main, forge)
    assert verdict(clone, **environment)["verdict"] == "pass"
    forge.answers[f"GET {REQUEST}"]["changes_count"] = "2+"
    assert verdict(clone, **environment)["verdict"] == "unknown"
    environment = gitlab(main, forge)
    _, _, merge_base = sides(main)
    forge.answers[f"GET /projects/42/repository/files/src%2Fapp.py?ref={merge_base}"] = (404, {})
    found = verdict(clone, **environment)
    assert (found["verdict"], "lists src/app.py and does not give it" in found["unknowns"][0]) == ("unknown", True)
