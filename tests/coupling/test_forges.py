"""Contract tests: the documented answers of GitHub's and GitLab's API, served locally."""

from typing import Any

import pytest

from migrator.clock import SystemClock
from migrator.coupling.ci import CiContext
from migrator.coupling.evidence import Part
from migrator.coupling.forges.answers import Queued
from migrator.coupling.forges.found import find_forge
from migrator.coupling.forges.github import GitHub
from migrator.coupling.forges.gitlab import GitLab
from migrator.coupling.forges.queue import with_numbers
from migrator.errors import InputError
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


def test_a_limit_is_waited_for_when_it_is_short_and_no_second_comment_is_written(forge: ForgeServer) -> None:
    """GitHub limits with 403 and Retry-After, too; an hour is not waited for, and nobody asks again meanwhile."""
    http = HttpClient(SystemClock())
    limited = (403, {"message": "secondary rate limit"}, {"Retry-After": "0"})
    forge.answers = {
        "GET /soon": [limited, (200, {"ok": 1})],
        "GET /hour": (403, {}, {"Retry-After": "3600"}),
        "GET /spent": (403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"}),
    }
    assert http.ask("GET", f"{forge.url}/soon").data == {"ok": 1}
    for path in ("/hour", "/spent"):
        with pytest.raises(HttpFailed, match="limits how often") as failed:
            http.ask("GET", f"{forge.url}{path}")
        assert (failed.value.status, len(forge.asked(f"GET {path}"))) == (429, 1)
    forge.answers |= {"GET /user": (403, {}, {"Retry-After": "3600"}), "GET /repos/org/shop/issues/7/comments": []}
    with pytest.raises(HttpFailed, match="limits how often"):
        github(forge).comment(MARKER, f"{MARKER} failed")
    assert forge.asked("POST /repos/org/shop/issues/7/comments") == []


def test_the_token_goes_to_no_other_server(forge: ForgeServer) -> None:
    """httpx keeps `PRIVATE-TOKEN` when a redirect leads elsewhere, and a next page is any address."""
    elsewhere = forge.url.replace("127.0.0.1", "localhost")
    forge.answers = {
        f"GET {REQUEST}": (302, {}, {"Location": f"{elsewhere}/stolen"}),
        f"GET {PULL}/files": (200, [], {"Link": f'<{elsewhere}/stolen>; rel="next"'}),
        "GET /moved": (301, {}, {"Location": "/here"}),
        "GET /here": {"ok": 1},
        "GET /stolen": [],
    }
    with pytest.raises(HttpFailed, match="leads to another server"):
        gitlab(forge).request(HEAD)
    with pytest.raises(HttpFailed, match="names a next page elsewhere"):
        github(forge).paths()
    assert forge.asked("GET /stolen") == []
    assert HttpClient(SystemClock(), {"PRIVATE-TOKEN": "x"}).ask("GET", f"{forge.url}/moved").data == {"ok": 1}


@pytest.mark.parametrize("token", ["secret-token\n", "secret-tökén", "secret\x00token"])
def test_a_token_that_cannot_be_sent_is_not_printed(forge: ForgeServer, token: str) -> None:
    """The HTTP library quotes the value of a header that it refuses."""
    with pytest.raises(HttpFailed, match="Correct the token") as failed:
        GitHub(forge.url, "org/shop", 7, token, SystemClock())
    assert "secret" not in str(failed.value)
    ci = CiContext("github", forge="github", repository="org/shop", api_url=forge.url, number=7)
    assert find_forge(ci, {"GITHUB_TOKEN": "secret-token\n"}, SystemClock()) is not None
    with pytest.raises(InputError, match="GITHUB_TOKEN holds characters that no token has") as refused:
        find_forge(ci, {"GITHUB_TOKEN": "secret-tökén"}, SystemClock())
    assert "secret" not in str(refused.value)


def test_two_comments_of_ours_become_one_and_the_same_text_is_not_written_again(forge: ForgeServer) -> None:
    """Contract: two jobs at once both saw none, and wrote one each."""
    comments, me = "/repos/org/shop/issues/7/comments", {"type": "Bot"}
    mine = [{"url": f"{forge.url}/c/{n}", "body": f"{MARKER} same", "user": me} for n in (5, 6)]
    forge.answers = {
        f"GET {comments}?per_page=100": (200, mine[:1], {"Link": f'<{forge.url}{comments}?page=2>; rel="next"'}),
        f"GET {comments}?page=2": mine[1:],
        "DELETE /c/6": (204, None),
    }
    github(forge).comment(MARKER, f"{MARKER} same")
    assert [request for request, _, _ in forge.seen if not request.startswith("GET")] == ["DELETE /c/6"]
    notes = [{"id": n, "body": f"{MARKER} old", "author": {"username": "bot"}} for n in (3, 4)]
    forge.answers = {"GET /user": {"username": "bot"}, f"GET {REQUEST}/notes": notes, f"PUT {REQUEST}/notes/3": {}}
    forge.answers[f"DELETE {REQUEST}/notes/4"] = (204, None)
    gitlab(forge).comment(MARKER, f"{MARKER} new")
    assert forge.asked(f"PUT {REQUEST}/notes/3") == [{"body": f"{MARKER} new"}]
    assert len(forge.asked(f"DELETE {REQUEST}/notes/4")) == 1


@pytest.mark.parametrize("answer", [[], {"user": 7}, {"labels": [7]}, None])
def test_an_answer_of_another_form_is_no_answer(forge: ForgeServer, answer: Any) -> None:
    forge.answers = {f"GET {PULL}": answer, f"GET {PULL}/reviews": [{"user": 7}], f"GET {PULL}/commits": []}
    with pytest.raises(HttpFailed, match="not of the documented form"):
        github(forge).request(HEAD)


def test_commits_that_are_not_listed_may_have_any_author(forge: ForgeServer) -> None:
    """GitHub lists 250 commits of a pull request: the author of the next one could approve it."""
    commits = [{"author": {"login": "eve"}, "commit": {"message": "x"}}] * 250
    forge.answers = {f"GET {PULL}": {"commits": 251}, f"GET {PULL}/reviews": [], f"GET {PULL}/commits": commits}
    with pytest.raises(HttpFailed, match="250 of 251 commits"):
        github(forge).request(HEAD)


def test_a_train_names_the_merge_request_of_each_commit(forge: ForgeServer) -> None:
    cars = [
        {"merge_request": {"iid": 11}, "pipeline": {"sha": "b" * 40}},
        {"merge_request": {"iid": 12}, "pipeline": None},
        {"merge_request": {"iid": 13}, "pipeline": {"sha": "d" * 40}},
    ]
    forge.answers = {"GET /projects/org%2Fshop/merge_trains/release%2F1": cars}
    queue = gitlab(forge).queue("release/1")
    parts = [Part(commit=letter * 40) for letter in "abcde"]
    numbers = [(part.number, part.is_told_by_forge) for part in with_numbers("0" * 40, parts, queue)]
    assert numbers == [(None, False), (11, True), (None, False), (13, True), (None, False)]
    from_start = [Queued(11, "b" * 40, base="0" * 40), Queued(13, "e" * 40, base="b" * 40)]
    assert [part.number for part in with_numbers("0" * 40, parts, from_start)] == [11, 11, 13, 13, 13]


def test_who_wrote_a_commit_under_an_address_that_github_does_not_know(forge: ForgeServer) -> None:
    """Its author could approve it as somebody else; a co-author's address is rarely GitHub's."""
    signed = {"name": "Alice Doe", "email": "alice@example.org"}
    message = "x\n\nCo-authored-by: Bob <bob.b@example.org>\n"
    commit = {"author": None, "committer": {"login": "web-flow"}, "commit": {"author": signed, "message": message}}
    forge.answers = {f"GET {PULL}": {}, f"GET {PULL}/reviews": [], f"GET {PULL}/commits": [commit]}
    assert github(forge).request(HEAD).committers == ("Alice Doe", "Bob", "alice", "bob.b", "web-flow")
