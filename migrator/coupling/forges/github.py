"""GitHub's REST API, version 2022-11-28: pull requests, reviews, commits, teams, comments.

A review says which commit it looked at; an approval of an older one does not count. https://docs.github.com/rest
"""

from collections.abc import Iterator
from typing import Any

from migrator.clock import Clock
from migrator.coupling.evidence import PullRequest, Review
from migrator.git import trailers_of
from migrator.http import HttpClient, HttpFailed, mapping

_STATES = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes-requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
    "PENDING": "commented",
}
_TRY_LATER = range(500, 600)
_HUNDRED = {"per_page": "100"}
_NOREPLY = "@users.noreply.github.com"


class GitHub:
    """One pull request."""

    def __init__(self, api_url: str, repository: str, number: int, token: str, clock: Clock) -> None:
        self._api = api_url.rstrip("/")
        self._repository = f"{self._api}/repos/{repository}"
        self._pull = f"{self._repository}/pulls/{number}"
        self._issue = f"{self._repository}/issues/{number}"
        self._number = number
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._http = HttpClient(clock, headers)

    def request(self, head: str) -> PullRequest:  # noqa: ARG002 each review says its commit
        """Return the request with its reviews and the people who wrote it."""
        pull: dict[str, Any] = self._http.ask("GET", self._pull).data
        reviews = tuple(_review(item) for item in self._http.pages(f"{self._pull}/reviews", _HUNDRED) if item["user"])
        commits = self._http.pages(f"{self._pull}/commits", _HUNDRED)
        return PullRequest(
            forge="github",
            number=self._number,
            url=pull.get("html_url") or "",
            head=str(mapping(pull.get("head")).get("sha") or ""),
            author=_login(pull.get("user")),
            committers=tuple(sorted({name for commit in commits for name in _writers(commit)})),
            labels=tuple(label["name"] for label in pull.get("labels") or ()),
            body=pull.get("body") or "",
            reviews=reviews,
        )

    def paths(self) -> tuple[str, ...]:
        """Return the files that the pull request changes, both names of a rename."""
        files = list(self._http.pages(f"{self._pull}/files", _HUNDRED))
        names = (file.get(key) for file in files for key in ("filename", "previous_filename"))
        return tuple(dict.fromkeys(str(name) for name in names if name))

    def is_team(self, name: str) -> bool:
        """Whether the name is a team's: it has its organisation in front."""
        return "/" in name

    def members(self, team: str) -> tuple[str, ...]:
        """Return the members of `@org/team`."""
        organisation, _, slug = team.removeprefix("@").partition("/")
        url = f"{self._api}/orgs/{organisation}/teams/{slug}/members"
        return tuple(member["login"] for member in self._http.pages(url, _HUNDRED))

    def comment(self, marker: str, text: str | None) -> None:
        """Renew our comment, or write one; that it is ours its author says too, not only the marker."""
        found = next(self._ours(marker), None)
        if found is not None:
            self._http.ask("PATCH", found["url"], {"body": text if text is not None else _resolved(marker)})
        elif text is not None:
            self._http.ask("POST", f"{self._issue}/comments", {"body": text})

    def _ours(self, marker: str) -> Iterator[dict[str, Any]]:
        me = self._me()
        for item in self._http.pages(f"{self._issue}/comments", _HUNDRED):
            user = mapping(item.get("user"))
            is_ours = user.get("login") == me if me else user.get("type") == "Bot"
            if is_ours and (item.get("body") or "").startswith(marker):
                yield item

    def _me(self) -> str:
        """Return whose token it is; empty for that of a job or an app, which may not ask and writes as a bot."""
        try:
            return _login(self._http.ask("GET", f"{self._api}/user").data)
        except HttpFailed as exc:
            if exc.status is None or exc.status in _TRY_LATER:
                raise
            return ""


def _resolved(marker: str) -> str:
    return f"{marker}\n## Schema and code: pass\n\nResolved: nothing that must ship apart ships together any more.\n"


def _review(item: dict[str, Any]) -> Review:
    return Review.model_validate(
        {
            "user": item["user"]["login"],
            "state": _STATES.get(item.get("state") or "", "commented"),
            "commit": item.get("commit_id") or "",
            "at": item.get("submitted_at") or "1970-01-01T00:00:00Z",
            "is_bot": item["user"].get("type") == "Bot",
        }
    )


def _writers(commit: dict[str, Any]) -> Iterator[str]:
    """Yield the users who wrote a commit: author, committer, and co-authors whose address names a user."""
    for role in ("author", "committer"):
        if login := _login(commit.get(role)):
            yield login
    message = str(mapping(commit.get("commit")).get("message") or "")
    for key, value in trailers_of(message):
        if key.lower() == "co-authored-by" and _NOREPLY in value:
            yield value.rpartition("<")[2].partition(_NOREPLY)[0].rpartition("+")[2]


def _login(user: dict[str, Any] | None) -> str:
    return str(mapping(user).get("login") or "")
