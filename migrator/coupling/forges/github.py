"""GitHub's REST API, version 2022-11-28: pull requests, reviews, commits, teams, comments.

A review says which commit it looked at; an approval of an older one does not count. https://docs.github.com/rest
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from migrator.clock import Clock
from migrator.coupling.evidence import PullRequest, Review
from migrator.coupling.forges.answers import Queued, documented, in_base64, texts
from migrator.coupling.forges.listed import ListedFile, Listing, first_added
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
_HUNDRED, _ONE = {"per_page": "100"}, {"per_page": "1"}
_NOT_FOUND, _TOO_MANY = 404, 429
_MOST_FILES, _MOST_COMMITS = 3000, 250
_STATUS = {"removed": "deleted", "changed": "type-changed"}
_SUBMODULE = re.compile(r"@@ [^@]* @@\n(?:[-+]Subproject commit [0-9a-f]{40,64}(?:\n|\Z))+\Z")
"""All of a patch: a file that only has such a line is none."""
_NOREPLY = "@users.noreply.github.com"


_QUEUE = """
query($owner: String!, $name: String!, $branch: String!) {
  repository(owner: $owner, name: $name) {
    mergeQueue(branch: $branch) {
      entries(first: 100) { nodes { headCommit { oid } baseCommit { oid } pullRequest { number } } }
    }
  }
}
"""


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

    @documented()
    def request(self, head: str) -> PullRequest:  # noqa: ARG002 each review says its commit
        """Return the request with its reviews and the people who wrote it."""
        pull: dict[str, Any] = self._http.ask("GET", self._pull).data
        reviews = tuple(_review(item) for item in self._http.pages(f"{self._pull}/reviews", _HUNDRED) if item["user"])
        commits = tuple(self._http.pages(f"{self._pull}/commits", _HUNDRED))
        if len(commits) >= _MOST_COMMITS and pull.get("commits") != len(commits):
            situation = f"GitHub lists {len(commits)} of {pull.get('commits')} commits of #{self._number}."
            raise HttpFailed(situation, "Who wrote the others cannot be told: squash them.")
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

    @documented()
    def paths(self) -> tuple[str, ...]:
        """Return the files that the pull request changes, both names of a rename."""
        files = list(self._http.pages(f"{self._pull}/files", _HUNDRED))
        names = (file.get(key) for file in files for key in ("filename", "previous_filename"))
        return tuple(dict.fromkeys(str(name) for name in names if name))

    @documented()
    def listing(self) -> Listing:
        """Return the changed files; GitHub lists 3,000 at most, and says how many there are."""
        files = tuple(self._http.pages(f"{self._pull}/files", _HUNDRED))
        pull = mapping(self._http.ask("GET", self._pull).data)  # after the files: a push in between shows here
        if pull.get("changed_files") != len(files) or len(files) >= _MOST_FILES:
            situation = f"GitHub lists {len(files)} of {pull.get('changed_files')} changed files of #{self._number}."
            raise HttpFailed(situation, "Clone the whole history.")
        (base,), (head,) = (texts(mapping(pull.get(end)), "sha") for end in ("base", "head"))
        compared = mapping(self._http.ask("GET", f"{self._repository}/compare/{base}...{head}", params=_ONE).data)
        (merge_base,) = texts(mapping(compared.get("merge_base_commit")), "sha")
        found = (_listed(mapping(file)) for file in files if mapping(file).get("status") != "unchanged")
        return Listing(f"GitHub #{self._number}", base, head, merge_base, tuple(found))

    def content(self, commit: str, path: str) -> bytes | None:
        """Return a file at a commit; of a link that leads elsewhere, its target."""
        url = f"{self._repository}/contents/{quote(path, errors='surrogateescape')}"
        try:
            found = mapping(self._http.ask("GET", url, params={"ref": commit}).data)
        except HttpFailed as exc:
            if exc.status == _NOT_FOUND:
                return None
            raise
        if found.get("type") == "symlink":
            return str(found.get("target") or "").encode()
        return in_base64(found) if found.get("type") == "file" else None

    @documented()
    def queue(self, branch: str) -> tuple[Queued, ...]:
        """Return the requests of a merge queue, which only GraphQL tells."""
        owner, _, name = self._repository.rpartition("/repos/")[2].partition("/")
        asked = {"query": _QUEUE, "variables": {"owner": owner, "name": name, "branch": branch}}
        found = mapping(self._http.ask("POST", f"{self._api.removesuffix('/v3')}/graphql", asked).data)
        nodes = found["data"]["repository"]["mergeQueue"]["entries"]["nodes"]
        made = (node for node in nodes if node["headCommit"] and node["pullRequest"])
        return tuple(
            Queued(
                int(node["pullRequest"]["number"]),
                node["headCommit"]["oid"],
                mapping(node["baseCommit"]).get("oid", ""),
            )
            for node in made
        )

    @documented()
    def merged_as(self, commit: str) -> int | None:
        """Return the merged request that brought a commit."""
        pulls = self._http.pages(f"{self._repository}/commits/{commit}/pulls", _HUNDRED)
        numbers = [int(pull["number"]) for pull in pulls if pull.get("merged_at")]
        return numbers[0] if len(numbers) == 1 else None

    def is_team(self, name: str) -> bool:
        """Whether the name is a team's: it has its organisation in front."""
        return "/" in name

    @documented()
    def members(self, team: str) -> tuple[str, ...]:
        """Return the members of `@org/team`."""
        organisation, _, slug = team.removeprefix("@").partition("/")
        url = f"{self._api}/orgs/{organisation}/teams/{slug}/members"
        return tuple(member["login"] for member in self._http.pages(url, _HUNDRED))

    @documented()
    def comment(self, marker: str, text: str | None) -> None:
        """Renew our comment, or write one; that it is ours its author says too, not only the marker.

        Two jobs at once can write two: the next one leaves the first of them.
        """
        first, *others = tuple(self._ours(marker)) or (None,)
        body = text if text is not None else _resolved(marker)
        if first is None and text is not None:
            self._http.ask("POST", f"{self._issue}/comments", {"body": text})
        elif first is not None and first.get("body") != body:
            self._http.ask("PATCH", first["url"], {"body": body})
        for other in others:
            self._http.ask("DELETE", other["url"])

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
            if exc.status in {None, _TOO_MANY} or exc.status in _TRY_LATER:
                raise
            return ""


def _resolved(marker: str) -> str:
    return f"{marker}\n## Schema and code: pass\n\nResolved: nothing that must ship apart ships together any more.\n"


def _listed(file: dict[str, Any]) -> ListedFile:
    path, status = texts(file, "filename", "status")
    patch = str(file.get("patch") or "")
    return ListedFile(
        status=_STATUS.get(status, status),
        path=path,
        old_path=next(texts(file, "previous_filename")) if status in {"renamed", "copied"} else None,
        line=first_added(patch),
        blob=str(file.get("sha") or ""),
        is_submodule=_SUBMODULE.match(patch) is not None,
    )


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
    """Yield who wrote a commit: the users, and where the address is nobody's at GitHub what the commit calls them."""
    inner = mapping(commit.get("commit"))
    for role in ("author", "committer"):
        signed = mapping(inner.get(role))
        if login := _login(commit.get(role)):
            yield login
        else:
            yield from _called(str(signed.get("name") or ""), str(signed.get("email") or ""))
    for key, value in trailers_of(str(inner.get("message") or "")):
        if key.lower() == "co-authored-by":
            name, _, address = value.rpartition("<")
            yield from _called(name.strip(), address.removesuffix(">"))


def _called(name: str, address: str) -> Iterator[str]:
    """Yield what may be a user's name: `123+mallory@users.noreply.github.com` is one, `mallory@example.org` may be."""
    if _NOREPLY in address:
        yield address.partition(_NOREPLY)[0].rpartition("+")[2]
    else:
        yield from filter(None, (name, address.partition("@")[0]))


def _login(user: dict[str, Any] | None) -> str:
    return str(mapping(user).get("login") or "")
