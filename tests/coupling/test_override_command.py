"""Overriding at the command line. Contract tests: the forge's documented answers are served locally."""

import json
from pathlib import Path
from typing import Any

from migrator.pg.connection import Connection
from migrator.state.install import install
from tests.coupling.checking import ADD, EXPAND, check, command, verdict
from tests.coupling.forge_server import ForgeServer
from tests.coupling.repositories import Repo
from tests.fix_server import Database


def pull_request(feature: Repo, folder: Path, server: ForgeServer, **answers: Any) -> dict[str, str]:
    """Return the environment of a GitHub job, and let the server answer for its pull request."""
    head = feature.git("rev-parse", "HEAD")
    body = "Reason: checkout is down, both halves are needed\nPostmortem: INC-42"
    reviews = [
        {"user": {"login": user, "type": "User"}, "state": "APPROVED", "commit_id": head}
        | {"submitted_at": "2026-11-21T10:00:00Z"}
        for user in ("alice", "bob")
    ]
    pull = {"user": {"login": "eve"}, "labels": [{"name": "allow-coupled-migration"}], "body": body}
    server.answers = {
        "GET /repos/org/shop/pulls/7": pull,
        "GET /repos/org/shop/pulls/7/reviews": reviews,
        "GET /repos/org/shop/pulls/7/commits": [],
        "GET /repos/org/shop/issues/7/comments": [],
        "POST /repos/org/shop/issues/7/comments": (201, {}),
        **answers,
    }
    payload = {"number": 7, "base": {"sha": feature.git("rev-parse", "main")}, "head": {"sha": head}}
    (folder / "event.json").write_text(json.dumps({"pull_request": payload}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "org/shop",
        "GITHUB_API_URL": server.url,
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_TOKEN": "secret-token",
    }


def test_an_override_stays_visible(feature: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test: the forge's answers are served locally."""
    environment = pull_request(feature, tmp_path, forge)
    done = check(feature, "--comment", "--output", f"sarif={tmp_path / 'x.sarif'}", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::warning title=coupling overridden::" in done.stdout
    assert "INC-42" in done.stdout
    assert "secret-token" not in done.stdout + done.stderr
    assert "**Override.**" in (tmp_path / "summary.md").read_text()
    results = json.loads((tmp_path / "x.sarif").read_text())["runs"][0]["results"]
    assert {result["suppressions"][0]["status"] for result in results} == {"accepted"}
    (comment,) = forge.asked("POST /repos/org/shop/issues/7/comments")
    assert comment["body"].startswith("<!-- migrator:coupling -->\n## Schema and code: overridden")


def test_an_override_that_lacks_an_approval(feature: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test: the forge's answers are served locally."""
    environment = pull_request(feature, tmp_path, forge, **{"GET /repos/org/shop/pulls/7/reviews": []})
    found = verdict(feature, **environment)
    assert found["exit"] == 1
    assert found["override"]["missing"][0].endswith("can be given by @alice, @bob")


def test_a_forge_that_does_not_answer_never_overrides(feature: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test: the forge's answers are served locally."""
    environment = pull_request(feature, tmp_path, forge, **{"GET /repos/org/shop/pulls/7/reviews": (403, {})})
    found = verdict(feature, **environment)
    assert (found["exit"], found["verdict"]) == (1, "fail")


def test_a_clean_change_asks_the_forge_nothing(repo: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({EXPAND: ADD})
    environment = pull_request(repo, tmp_path, forge)
    assert verdict(repo, **environment)["exit"] == 0
    assert forge.seen == []


def test_the_ledger_remembers_and_blocks(
    feature: Repo, tmp_path: Path, forge: ForgeServer, one_database: Database, one_connection: Connection
) -> None:
    """Contract test of the forge; the ledger is a real database."""
    install(one_connection)
    environment = {**pull_request(feature, tmp_path, forge), "MIGRATOR_DSN": one_database.dsn}
    for _ in range(2):
        assert verdict(feature, **environment)["verdict"] == "overridden"
    rows = one_connection.execute("SELECT id, postmortem, approvers FROM migrator.commitment").fetchall()
    head = feature.git("rev-parse", "HEAD")
    assert rows == [{"id": f"org/shop#7@{head[:12]}", "postmortem": "INC-42", "approvers": ["alice", "bob"]}]
    audited = one_connection.execute("SELECT count(*) AS n FROM migrator.audit WHERE action = 'override.accepted'")
    assert audited.fetchone() == {"n": 1}

    one_connection.execute("UPDATE migrator.commitment SET due = due - interval '3 days'")
    missing = verdict(feature, **environment)["override"]["missing"]
    assert len(missing) == 1
    assert "INC-42" in missing[0]
    assert command(feature, "commitments", "--overdue", **environment).returncode == 1

    closing = command(feature, "close", rows[0]["id"], "--note", "written, see INC-42", **environment)
    assert closing.returncode == 0, closing.stderr
    assert command(feature, "commitments", "--overdue", **environment).returncode == 0
    assert command(feature, "close", rows[0]["id"], "--note", "written, see INC-42", **environment).returncode == 2
    assert verdict(feature, **environment)["verdict"] == "overridden"


def test_a_ledger_that_cannot_be_read_blocks(feature: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test: the forge's answers are served locally."""
    environment = {**pull_request(feature, tmp_path, forge), "MIGRATOR_DSN": "host=127.0.0.1 port=1"}
    result = verdict(feature, **environment)
    assert result["verdict"] == "fail"
    assert "the ledger of earlier overrides" in result["override"]["missing"][0]
