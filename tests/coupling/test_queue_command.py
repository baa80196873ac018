"""Merge queues, pushes and releases: several pull requests in one range. Contract tests where the forge is asked."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.coupling.checking import ADD, EXPAND, POLICY, check, verdict
from tests.coupling.forge_server import ForgeServer
from tests.coupling.repositories import Repo

APP = "src/app.py"


@pytest.fixture
def main(repo: Repo) -> Repo:
    repo.commit({APP: "x = 1\n", "src/other.py": "y = 1\n", "migrator.toml": POLICY})
    repo.git("tag", "deployed")
    return repo


def queue(repo: Repo, folder: Path, last: int, base: str = "deployed") -> dict[str, str]:
    """Return the environment of a merge queue's job, whose newest pull request is `last`."""
    shas = {"base_sha": repo.git("rev-parse", base), "head_sha": repo.git("rev-parse", "HEAD")}
    group = {**shas, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-{last}-{shas['base_sha']}"}
    (folder / "event.json").write_text(json.dumps({"merge_group": group}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "merge_group",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "org/shop",
    }


def merge(repo: Repo, number: int, files: dict[str, str], message: str = "work") -> str:
    """Merge a pull request as GitHub does; return its own last commit."""
    repo.git("switch", "--quiet", "-c", f"pr-{number}")
    head = repo.commit(files, message)
    repo.git("switch", "--quiet", "-")
    repo.git("merge", "--quiet", "--no-ff", f"pr-{number}", "-m", f"Merge pull request #{number} from org/x\n\nTitle")
    return head


def answers(forge: ForgeServer, number: int, head: str, **more: Any) -> None:
    """Let the forge answer for a pull request with the label and both approvals of its last commit."""
    pull = f"/repos/org/shop/pulls/{number}"
    users = ("alice", "bob")
    reviews = [
        {"user": {"login": user, "type": "User"}, "state": "APPROVED", "commit_id": more.get("approved", head)}
        | {"submitted_at": "2026-11-21T10:00:00Z"}
        for user in users
    ]
    body = "Reason: checkout is down, both halves are needed\nPostmortem: INC-42"
    forge.answers |= {
        f"GET {pull}": {
            "number": number,
            "head": {"sha": head},
            "user": {"login": "eve"},
            "labels": [{"name": name} for name in more.get("labels", ["allow-coupled-migration"])],
            "body": body,
        },
        f"GET {pull}/reviews": reviews,
        f"GET {pull}/commits": [],
        f"GET {pull}/files": [{"filename": name} for name in more.get("files", ())],
    }


def asking(forge: ForgeServer, environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "GITHUB_API_URL": forge.url, "GITHUB_TOKEN": "secret-token"}


def rules(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding["rule"], finding["path"]) for finding in found["findings"]]


def test_two_clean_pull_requests_in_one_batch_are_a_release(main: Repo, tmp_path: Path) -> None:
    first = main.commit({EXPAND: ADD}, "Add mail (#11)")
    second = main.commit({APP: "x = 2\n"}, "Use mail (#12)")
    found = verdict(main, **queue(main, tmp_path, 12))
    assert (found["exit"], found["scope"], rules(found)) == (1, "release", [("CPL002", APP)])
    message = found["findings"][0]["message"]
    assert f"{APP} is application code (#12 ({second[:12]}))" in message
    assert f"{EXPAND} is schema (#11 ({first[:12]}))" in message
    assert f"Deploy up to #11 ({first[:12]}), “Add mail (#11)” first" in found["findings"][0]["help"]
    assert [(part["number"], part["paths"]) for part in found["evidence"]["parts"]] == [(11, [EXPAND]), (12, [APP])]


def test_each_pull_request_of_a_batch_is_judged_by_itself_too(main: Repo, tmp_path: Path) -> None:
    merge(main, 11, {EXPAND: ADD, APP: "x = 2\n"})
    merge(main, 12, {"src/other.py": "y = 2\n"})
    merge(main, 13, {"README.md": "hello\n"})
    found = verdict(main, **queue(main, tmp_path, 13))
    assert rules(found) == [("CPL001", APP), ("CPL002", "src/other.py")]


@pytest.mark.thorough
def test_a_batch_of_one_coupled_pull_request_is_no_release_of_several(main: Repo, tmp_path: Path) -> None:
    main.commit({EXPAND: ADD, APP: "x = 2\n"}, "Both")
    assert rules(verdict(main, **queue(main, tmp_path, 11))) == [("CPL001", APP)]


def test_a_clean_batch_passes(main: Repo, tmp_path: Path) -> None:
    merge(main, 11, {EXPAND: ADD})
    merge(main, 12, {"tests/test_a.py": "x = 1\n"})
    assert verdict(main, **queue(main, tmp_path, 12))["exit"] == 0


@pytest.mark.parametrize("event", ["merge_group", pytest.param("push", marks=pytest.mark.thorough)])
def test_an_overridden_pull_request_passes_the_queue_and_the_push(
    main: Repo, tmp_path: Path, forge: ForgeServer, event: str
) -> None:
    """Contract test. The approvals name the pull request's own last commit, not the queue's merge."""
    head = merge(main, 11, {EXPAND: ADD, APP: "x = 2\n"})
    answers(forge, 11, head)
    environment = asking(forge, queue(main, tmp_path, 11))
    if event == "push":
        payload = {"before": main.git("rev-parse", "deployed"), "after": main.git("rev-parse", "HEAD")}
        (tmp_path / "event.json").write_text(json.dumps(payload))
    found = verdict(main, **environment)
    assert (found["verdict"], found["override"]["approvers"]) == ("overridden", ["alice", "bob"]), found["override"]
    answers(forge, 11, head, approved="b" * 40)
    assert verdict(main, **environment)["exit"] == 1
    answers(forge, 11, "c" * 40)
    missing = " ".join(verdict(main, **environment)["override"]["missing"])
    assert f"merged {head[:12]}, and the head of #11 is cccccccccccc" in missing


def test_a_squashed_one_must_change_the_files_of_its_pull_request(
    main: Repo, tmp_path: Path, forge: ForgeServer
) -> None:
    """Contract test. Anybody can write `(#11)` into the title of a commit."""
    main.commit({EXPAND: ADD, APP: "x = 2\n"}, "Both halves (#11)")
    environment = asking(forge, queue(main, tmp_path, 11))
    answers(forge, 11, "c" * 40, files=[EXPAND, APP])
    assert verdict(main, **environment)["verdict"] == "overridden"
    answers(forge, 11, "c" * 40, files=["README.md"])
    found = verdict(main, **environment)
    assert (found["exit"], "changes other files than #11" in " ".join(found["override"]["missing"])) == (1, True)


def test_one_override_does_not_cover_its_neighbours(main: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test."""
    answers(forge, 11, merge(main, 11, {EXPAND: ADD, APP: "x = 2\n"}))
    answers(forge, 12, merge(main, 12, {"src/other.py": "y = 2\n"}), labels=[])
    found = verdict(main, **asking(forge, queue(main, tmp_path, 12)))
    assert found["exit"] == 1
    (missing,) = found["override"]["missing"]
    assert missing.startswith("#12 (")
    assert missing.endswith("): the label allow-coupled-migration")
    main.commit({"src/third.py": "z = 1\n"}, "no number")
    missing = " ".join(verdict(main, **asking(forge, queue(main, tmp_path, 13)))["override"]["missing"])
    assert "answered 404" in missing


def test_a_release_says_what_to_deploy_first_and_that_is_clean(main: Repo) -> None:
    main.commit({EXPAND: ADD}, "schema")
    main.commit({"docs/a.md": "x\n"}, "docs")
    main.commit({APP: "x = 2\n"}, "code")
    done = check(main, "--range", "deployed..HEAD")
    assert done.returncode == 1
    cut = main.git("rev-parse", "HEAD~1")[:12]
    assert f"Deploy up to {cut} first; to prove it clean:\n  migrator coupling check --range " in done.stdout
    (command,) = [line.split() for line in done.stdout.splitlines() if line.startswith("  migrator ")]
    assert check(main, *command[3:]).returncode == 0
    assert check(main, "--range", f"{cut}..HEAD").returncode == 0


def test_a_release_whose_commits_mix_both_says_how_to_begin(main: Repo) -> None:
    main.commit({EXPAND: ADD}, "schema")
    main.commit({APP: "x = 2\n"}, "code")
    main.commit({"migrations/20260902_b/expand.sql": "CREATE TABLE b (id int);\n"}, "more schema")
    found = verdict(main, "--range", "deployed..HEAD")
    assert "No commit of this release has one half alone." in found["findings"][0]["help"]
    for command in found["commands"][:-1]:
        subprocess.run(command, shell=True, check=True, cwd=main.path, capture_output=True)  # noqa: S602 as printed
    assert verdict(main, "--base", "deployed")["exit"] == 0


@pytest.mark.thorough
def test_code_that_was_there_first_is_deployed_first(main: Repo) -> None:
    main.commit({APP: "x = 2\n"}, "stop using it")
    cut = main.git("rev-parse", "HEAD")[:12]
    main.commit({EXPAND: ADD}, "schema")
    assert f"Deploy up to {cut}" in verdict(main, "--range", "deployed..HEAD")["findings"][0]["help"]


def test_the_forges_queue_says_which_commits_are_one_pull_request(
    main: Repo, tmp_path: Path, forge: ForgeServer
) -> None:
    """Contract test. A queue that rebases leaves commits without a number."""
    base = main.git("rev-parse", "deployed")
    main.commit({EXPAND: ADD}, "add mail")
    middle = main.commit({APP: "x = 2\n"}, "use mail")
    last = main.commit({"docs/a.md": "x\n"}, "tell")
    environment = queue(main, tmp_path, 12)
    event = json.loads((tmp_path / "event.json").read_text())
    event["merge_group"]["base_ref"] = "refs/heads/main"
    (tmp_path / "event.json").write_text(json.dumps(event))
    answers(forge, 11, "c" * 40)

    def entry(number: int, before: str, head: str) -> dict[str, Any]:
        return {"headCommit": {"oid": head}, "baseCommit": {"oid": before}, "pullRequest": {"number": number}}

    nodes = [entry(11, base, middle), entry(12, middle, last)]
    told = {"data": {"repository": {"mergeQueue": {"entries": {"nodes": nodes}}}}}
    forge.answers["POST /graphql"] = told
    found = verdict(main, **asking(forge, environment))
    assert (found["verdict"], rules(found)) == ("overridden", [("CPL001", APP)]), found["override"]
    (sent,) = forge.asked("POST /graphql")
    assert sent["variables"] == {"owner": "org", "name": "shop", "branch": "main"}
    forge.answers["POST /graphql"] = {"data": {"repository": {"mergeQueue": None}}}
    found = verdict(main, **asking(forge, environment))
    assert (found["exit"], rules(found)) == (1, [("CPL002", APP)])


def test_a_pushed_commit_without_a_number_is_the_request_that_brought_it(
    main: Repo, tmp_path: Path, forge: ForgeServer
) -> None:
    """Contract test."""
    environment = queue(main, tmp_path, 11)
    ends = [main.git("rev-parse", "deployed"), main.commit({EXPAND: ADD}, "a"), main.commit({APP: "x = 2\n"}, "b")]
    (tmp_path / "event.json").write_text(json.dumps({"before": ends[0], "after": ends[2]}))
    answers(forge, 11, "c" * 40, files=[EXPAND, APP])
    for commit in ends[1:]:
        forge.answers[f"GET /repos/org/shop/commits/{commit}/pulls"] = [{"number": 11, "merged_at": "2026-11-21"}]
    assert verdict(main, **asking(forge, environment))["verdict"] == "overridden"
    answers(forge, 11, "c" * 40, files=[EXPAND])
    assert verdict(main, **asking(forge, environment))["exit"] == 1
