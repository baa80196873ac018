"""GitLab's REST API v4: merge requests, approvals, commits, groups, notes.

An approval names no commit. It counts for the head only when it was given after the head was pushed: the time of the
approval is that of its system note, the time of the push that of the merge request's newest version.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from migrator.clock import Clock
from migrator.coupling.evidence import PullRequest, Review
from migrator.coupling.forges.answers import Queued, documented, in_base64, texts
from migrator.coupling.forges.listed import ListedFile, Listing, first_added
from migrator.http import HttpClient, HttpFailed, mapping

_APPROVED, _REVOKED = "approved this merge request", "unapproved this merge request"
_NOT_FOUND = 404
_HUNDRED = {"per_page": "100"}
_TRAIN = {**_HUNDRED, "scope": "active", "sort": "asc"}


class GitLab:
    """One merge request."""

    def __init__(self, api_url: str, project: str, number: int, token: str, clock: Clock) -> None:
        self._api = api_url.rstrip("/")
        self._project = f"{self._api}/projects/{quote(project, safe='')}"
        self._request = f"{self._project}/merge_requests/{number}"
        self._number = number
        self._http = HttpClient(clock, {"PRIVATE-TOKEN": token})

    @documented()
    def request(self, head: str) -> PullRequest:
        """Return the request with its approvals and the people who wrote it."""
        found: dict[str, Any] = self._http.ask("GET", self._request).data
        approvals: dict[str, Any] = self._http.ask("GET", f"{self._request}/approvals").data
        users = [item["user"] for item in approvals.get("approved_by") or ()]
        return PullRequest(
            forge="gitlab",
            number=self._number,
            url=found.get("web_url") or "",
            head=str(found.get("sha") or ""),
            author=str(mapping(found.get("author")).get("username") or ""),
            committers=tuple(self._writers(users)),
            labels=tuple(found.get("labels") or ()),
            body=found.get("description") or "",
            reviews=tuple(self._reviews(users, head)),
        )

    @documented()
    def paths(self) -> tuple[str, ...]:
        """Return the files that the merge request changes, both names of a rename."""
        files = list(self._http.pages(f"{self._request}/diffs", _HUNDRED))
        names = (file.get(key) for file in files for key in ("new_path", "old_path"))
        return tuple(dict.fromkeys(str(name) for name in names if name))

    @documented()
    def listing(self) -> Listing:
        """Return the changed files; GitLab writes `1000+` for their number when it lists no more.

        A file that is too large for a diff is in the list all the same, and its content is read by itself.
        """
        files = tuple(mapping(file) for file in self._http.pages(f"{self._request}/diffs", _HUNDRED))
        found = mapping(self._http.ask("GET", self._request).data)  # after the files: a push in between shows here
        if found.get("changes_count") != str(len(files)) or any(file.get("overflow") for file in files):
            situation = f"GitLab lists {len(files)} of {found.get('changes_count')} changed files of !{self._number}."
            raise HttpFailed(situation, "Clone the whole history.")
        merge_base, head = texts(mapping(found.get("diff_refs")), "base_sha", "head_sha")
        self._http.ask("GET", f"{self._project}/repository/commits/{merge_base}")  # else no file there is no answer
        return Listing(f"GitLab !{self._number}", merge_base, head, merge_base, tuple(_listed(file) for file in files))

    def content(self, commit: str, path: str) -> bytes | None:
        """Return a file at a commit."""
        url = f"{self._project}/repository/files/{quote(path, safe='', errors='surrogateescape')}"
        try:
            return in_base64(mapping(self._http.ask("GET", url, params={"ref": commit}).data))
        except HttpFailed as exc:
            if exc.status == _NOT_FOUND:
                return None
            raise

    @documented()
    def queue(self, branch: str) -> tuple[Queued, ...]:
        """Return the requests of a merge train, each with the commit that its pipeline runs on."""
        cars = list(self._http.pages(f"{self._project}/merge_trains/{quote(branch, safe='')}", _TRAIN))
        commits = [str(mapping(car.get("pipeline")).get("sha") or "") for car in cars]
        found = zip(cars, commits, ["", *commits], strict=False)
        return tuple(Queued(int(car["merge_request"]["iid"]), head, base) for car, head, base in found if head)

    @documented()
    def merged_as(self, commit: str) -> int | None:
        """Return the merged request that brought a commit."""
        found = self._http.pages(f"{self._project}/repository/commits/{commit}/merge_requests", _HUNDRED)
        numbers = [int(request["iid"]) for request in found if request.get("state") == "merged"]
        return numbers[0] if len(numbers) == 1 else None

    def is_team(self, name: str) -> bool:
        """Whether the name may be a group's: `@dba` may, or be a user; an address or a role `@@developer` is none."""
        return name.startswith("@") and not name.startswith("@@")

    @documented()
    def members(self, team: str) -> tuple[str, ...] | None:
        """Return the members of a group, those of its parents among them; None when there is no such group."""
        name = team.removeprefix("@")
        url = f"{self._api}/groups/{quote(name, safe='')}/members/all"
        try:
            return tuple(member["username"] for member in self._http.pages(url, _HUNDRED))
        except HttpFailed as exc:
            if exc.status == _NOT_FOUND and "/" not in name:
                return None
            raise

    @documented()
    def comment(self, marker: str, text: str | None) -> None:
        """Renew our note, or write one; of two that jobs wrote at once the oldest stays."""
        me = str(self._http.ask("GET", f"{self._api}/user").data["username"])
        notes = self._http.pages(f"{self._request}/notes", {**_HUNDRED, "sort": "asc", "order_by": "created_at"})
        ours = [n for n in notes if _writer(n) == me and str(n.get("body") or "").startswith(marker)]
        first, *others = ours or (None,)
        body = text if text is not None else f"{marker}\n## Schema and code: pass\n\nResolved.\n"
        if first is None and text is not None:
            self._http.ask("POST", f"{self._request}/notes", {"body": text})
        elif first is not None and str(first.get("body") or "").rstrip() != body.rstrip():
            self._http.ask("PUT", f"{self._request}/notes/{first['id']}", {"body": body})
        for other in others:
            self._http.ask("DELETE", f"{self._request}/notes/{other['id']}")

    def _reviews(self, users: list[dict[str, Any]], head: str) -> Iterator[Review]:
        pushed_at = self._pushed_at(head)
        given = dict(self._approved_at())
        for user in users:
            name = str(user["username"])
            at = given.get(name)
            is_of_head = at is not None and pushed_at is not None and at >= pushed_at
            when = at or datetime.fromisoformat("1970-01-01T00:00:00+00:00")
            is_bot = bool(user.get("bot"))
            yield Review(user=name, state="approved", commit=head if is_of_head else "", at=when, is_bot=is_bot)

    def _pushed_at(self, head: str) -> datetime | None:
        """Return when the head was pushed; None when the newest version is another commit."""
        newest = next(self._http.pages(f"{self._request}/versions"), None)
        if newest is None or newest.get("head_commit_sha") != head:
            return None
        return datetime.fromisoformat(newest["created_at"])

    def _approved_at(self) -> Iterator[tuple[str, datetime]]:
        """Yield each approver with the time, oldest first: the last one counts."""
        params = {**_HUNDRED, "sort": "asc", "order_by": "created_at"}
        for note in self._http.pages(f"{self._request}/notes", params):
            if note.get("system") and note.get("body") == _APPROVED:
                yield str(note["author"]["username"]), datetime.fromisoformat(note["created_at"])

    def _writers(self, users: list[dict[str, Any]]) -> Iterator[str]:
        """Yield the approvers who wrote a commit: git knows people by name and address, GitLab by user name."""
        commits = list(self._http.pages(f"{self._request}/commits", _HUNDRED))
        roles = ("author_name", "author_email", "committer_name", "committer_email")
        known = {str(commit.get(role) or "").lower() for commit in commits for role in roles}
        for user in users:
            names = (str(user.get(key) or "").lower() for key in ("username", "name", "email", "public_email"))
            if any(name and (name in known or _is_noreply(name, known)) for name in names):
                yield str(user["username"])


def _listed(file: dict[str, Any]) -> ListedFile:
    path, old_path = texts(file, "new_path", "old_path")
    modes = (str(file.get("a_mode") or ""), str(file.get("b_mode") or ""))
    kinds = ("added", "new_file"), ("deleted", "deleted_file"), ("renamed", "renamed_file")
    status = next((status for status, flag in kinds if file.get(flag)), "modified")
    return ListedFile(
        status=status,
        path=path,
        old_path=old_path if status == "renamed" else None,
        line=first_added(str(file.get("diff") or "")),
        is_submodule="160000" in modes,
    )


def _writer(note: dict[str, Any]) -> str:
    return str(mapping(note.get("author")).get("username") or "")


def _is_noreply(username: str, addresses: set[str]) -> bool:
    return any(a.rpartition("@")[0].rpartition("-")[2] == username for a in addresses if "@users.noreply." in a)
