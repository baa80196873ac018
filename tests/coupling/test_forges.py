"""Contract tests: the documented answers of GitHub's and GitLab's API, served locally."""

from typing import Any

import pytest

from migrator.clock import SystemClock
from migrator.coupling.forges.github import GitHub
from migrator.coupling.forges.gitlab import GitLab
from migrator.http import HttpClient, HttpFailed
from tests.coupling.forge_server import ForgeServer

HEAD, OLD = "a" * 40, "b" * 40
PULL = "/repos/org/shop/pulls/7"
REQUEST = "/projects/org%2Fshop/merge_requests/7"
MARKER = "<!-- migrator:coupling -->"


def github(server: ForgeServer) -> GitHub:
    return GitHub(server.url, "org/shop", 7, "secret-token", SystemClock())


def gitlab(server: ForgeServer) -> GitLab:
    return GitLab(server.url, "org/shop", 7, "secret-token", SystemClock())


def gh_review(user: str, state: str = "APPROVED", commit: str = HEAD, kind: str = "User") -> dict[str, Any]:
    return {
        "user": {"login": user, "type": kind},
        "state": state,
        "commit_id": commit,
        "submitted_at": "2026-11-21T10:00:00Z",
    }


def test_github_says_who_wrote_and_who_reviewed(forge: ForgeServer) -> None:
    second = f"{forge.url}{PULL}/reviews?page=2"
    forge.answers = {
        f"GET {PULL}": {
            "html_url": "https://forge/7",
            "user": {"login": "eve"},
            "labels": [{"name": "allow-coupled-migration"}],
            "body": None,
        },
        f"GET {PULL}/reviews?per_page=100": (200, [gh_review("alice")], {"Link": f'<{second}>; rel="next"'}),
        f"GET {PULL}/reviews?page=2": [gh_review("robot", kind="Bot"), gh_review("bob", "DISMISSED", OLD)],
        f"GET {PULL}/commits": [
            {
                "author": {"login": "eve"},
                "committer": None,
                "commit": {"message": "x\n\nCo-authored-by: Mallory <123+mallory@users.noreply.github.com>"},
            }
        ],
    }
    request = github(forge).request(HEAD)
    assert (request.author, request.committers, request.body) == ("eve", ("eve", "mallory"), "")
    assert request.labels == ("allow-coupled-migration",)
    assert [(r.user, r.state, r.commit, r.is_bot) for r in request.reviews] == [
        ("alice", "approved", HEAD, False),
        ("robot", "approved", HEAD, True),
        ("bob", "dismissed", OLD, False),
    ]
    _, headers, _ = forge.seen[0]
    assert headers["Authorization"] == "Bearer secret-token"


def test_github_teams_and_the_one_comment(forge: ForgeServer) -> None:
    comments = "/repos/org/shop/issues/7/comments"
    forge.answers = {
        "GET /orgs/org/teams/dba/members": [{"login": "alice"}],
        f"GET {comments}": [],
        f"POST {comments}": (201, {"id": 1}),
    }
    assert github(forge).members("@org/dba") == ("alice",)
    github(forge).comment(MARKER, None)
    assert forge.asked(f"POST {comments}") == []
    github(forge).comment(MARKER, f"{MARKER} failed")
    assert forge.asked(f"POST {comments}") == [{"body": f"{MARKER} failed"}]

    mine = {"url": f"{forge.url}/repos/org/shop/issues/comments/5", "body": f"{MARKER} old", "user": {"type": "Bot"}}
    forged = {**mine, "url": f"{forge.url}/repos/org/shop/issues/comments/4", "user": {"type": "User"}}
    forge.answers[f"GET {comments}"] = [forged, mine]
    forge.answers["PATCH /repos/org/shop/issues/comments/5"] = {}
    github(forge).comment(MARKER, f"{MARKER} again")
    github(forge).comment(MARKER, None)
    first, second = forge.asked("PATCH /repos/org/shop/issues/comments/5")
    assert first == {"body": f"{MARKER} again"}
    assert second["body"].startswith(f"{MARKER}\n## Schema and code: pass")


def test_github_renews_the_comment_of_a_person_whose_token_it_is(forge: ForgeServer) -> None:
    """A personal token writes as its owner, no bot: without asking who that is each run would add a comment."""
    comments = "/repos/org/shop/issues/7/comments"
    old = {"body": f"{MARKER} old", "user": {"type": "User", "login": "release-manager"}}
    mine = {**old, "url": f"{forge.url}/repos/org/shop/issues/comments/5"}
    forged = {**old, "url": f"{forge.url}/repos/org/shop/issues/comments/4", "user": {"type": "Bot", "login": "x[bot]"}}
    forge.answers = {
        "GET /user": {"login": "release-manager"},
        f"GET {comments}": [forged, mine],
        "PATCH /repos/org/shop/issues/comments/5": {},
    }
    github(forge).comment(MARKER, f"{MARKER} again")
    assert forge.asked("PATCH /repos/org/shop/issues/comments/5") == [{"body": f"{MARKER} again"}]
    assert forge.asked(f"POST {comments}") == []


def note(user: str, at: str, body: str = "approved this merge request", *, system: bool = True) -> dict[str, Any]:
    return {"system": system, "body": body, "author": {"username": user}, "created_at": at}


def test_gitlab_counts_an_approval_only_after_the_last_push(forge: ForgeServer) -> None:
    users = [{"username": name, "name": name.title()} for name in ("alice", "bob", "carol")]
    forge.answers = {
        f"GET {REQUEST}": {"author": {"username": "eve"}, "labels": ["x"], "description": "Reason: y"},
        f"GET {REQUEST}/approvals": {"approved_by": [{"user": user} for user in users]},
        f"GET {REQUEST}/versions": [{"head_commit_sha": HEAD, "created_at": "2026-11-21T10:00:00Z"}],
        f"GET {REQUEST}/notes": [
            note("alice", "2026-11-21T09:59:00Z"),
            note("bob", "2026-11-21T10:01:00Z"),
            note("carol", "2026-11-21T10:02:00Z", system=False),
        ],
        f"GET {REQUEST}/commits": [{"author_name": "Bob", "author_email": "b@example.org"}],
    }
    request = gitlab(forge).request(HEAD)
    assert {r.user: r.commit for r in request.reviews} == {"alice": "", "bob": HEAD, "carol": ""}
    assert (request.author, request.committers) == ("eve", ("bob",))
    forge.answers[f"GET {REQUEST}/versions"] = [{"head_commit_sha": OLD, "created_at": "2026-11-21T09:00:00Z"}]
    assert {r.commit for r in gitlab(forge).request(HEAD).reviews} == {""}


def test_gitlab_groups_and_the_one_note(forge: ForgeServer) -> None:
    forge.answers = {
        "GET /groups/org%2Fdba/members/all": [{"username": "alice"}],
        "GET /user": {"username": "migrator-bot"},
        f"GET {REQUEST}/notes": [
            {"id": 3, "author": {"username": "eve"}, "body": f"{MARKER} forged"},
            {"id": 4, "author": {"username": "migrator-bot"}, "body": f"{MARKER} old"},
        ],
        f"PUT {REQUEST}/notes/4": {},
    }
    assert gitlab(forge).members("@org/dba") == ("alice",)
    gitlab(forge).comment(MARKER, f"{MARKER} new")
    assert forge.asked(f"PUT {REQUEST}/notes/4") == [{"body": f"{MARKER} new"}]


def test_a_busy_forge_is_asked_again_and_then_no_more(forge: ForgeServer) -> None:
    http = HttpClient(SystemClock(), {"Authorization": "Bearer secret-token"})
    soon = {"Retry-After": "0"}
    forge.answers = {"GET /busy": [(503, {}, soon), (429, {}, soon), (200, {"ok": 1})], "GET /down": (500, {}, soon)}
    assert http.ask("GET", f"{forge.url}/busy").data == {"ok": 1}
    with pytest.raises(HttpFailed, match="answered 500") as failed:
        http.ask("GET", f"{forge.url}/down")
    assert failed.value.status == 500
    assert len(forge.asked("GET /down")) == 3
    assert "secret-token" not in str(failed.value)


@pytest.mark.parametrize(("status", "todo"), [(401, "Check the token."), (404, "Check the address")])
def test_a_refusal_is_final(forge: ForgeServer, status: int, todo: str) -> None:
    forge.answers = {f"GET {PULL}": (status, {})}
    with pytest.raises(HttpFailed, match=todo):
        github(forge).request(HEAD)
    assert len(forge.seen) == 1


def test_no_server_and_no_json(forge: ForgeServer) -> None:
    http = HttpClient(SystemClock(), timeout_seconds=1)
    forge.answers = {"GET /list": {"not": "a list"}}
    with pytest.raises(HttpFailed, match="did not answer with a list"):
        list(http.pages(f"{forge.url}/list"))
    with pytest.raises(HttpFailed, match="gave no answer"):
        http.ask("POST", "http://127.0.0.1:1/")
