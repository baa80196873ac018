"""The changed files as a forge lists them, for a clone that is too shallow to compare the two commits itself.

What the clone has is read from it, the rest through the forge's API. A list that may not be whole, and content that is
not given, are as unknown as the missing history.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from migrator.coupling.ci import CiContext
from migrator.git import Blob, FileChange, HistoryMissing, Repository
from migrator.http import HttpFailed

_COMMIT = re.compile(r"[0-9a-f]{40,64}\Z")
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_MOST_READ = 300
"""Files that are asked for one by one; a job's token has a thousand requests an hour."""
_NOTHING = "0" * 40


class ListedFile(NamedTuple):
    """One changed file of a list."""

    status: str
    """One of the values of `migrator.git.STATUS`."""
    path: str
    old_path: str | None = None
    line: int = 1
    blob: str = ""
    """The id of its content afterwards, when the forge says it: the clone may have that."""
    is_submodule: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """All changed files of a request, and the commits that they lie between."""

    name: str
    """Whose list it is: `GitHub #7`."""
    base: str
    """The target branch's commit."""
    head: str
    merge_base: str
    files: tuple[ListedFile, ...] = field(default=())


class Lister(Protocol):
    """The part of a forge that is asked here."""

    def listing(self) -> Listing:
        """Return the changed files, all of them.

        Raises:
            HttpFailed: the forge gave no usable answer, or says that there are more.
        """
        ...

    def content(self, commit: str, path: str) -> bytes | None:
        """Return a file at a commit; None when there is no such file.

        Raises:
            HttpFailed: the forge gave no usable answer.
        """
        ...


class ListedRepository(Repository):
    """A clone of which a forge tells what it lacks: the difference of one request, and the files on both sides."""

    def __init__(self, clone: Repository, listing: Listing, read: Callable[[str, str], bytes | None]) -> None:
        super().__init__(clone.top)
        self.listing = listing
        self._read_there = read
        self._asked = 0
        self._here: dict[str, bool] = {}
        self._blobs = {(listing.head, file.path): file.blob for file in listing.files if file.blob}

    def commit(self, ref: str) -> str:
        """Return the id of a commit; those of the request are known."""
        known = (self.listing.base, self.listing.head, self.listing.merge_base)
        return ref if ref in known else super().commit(ref)

    def changes(self, old: str, new: str) -> tuple[FileChange, ...]:  # noqa: ARG002 the list is of these two
        """Return the listed files; the id of a content is its commit and path."""
        return tuple(self._change(file) for file in self.listing.files)

    def differing(self, one: str, other: str) -> frozenset[str]:  # noqa: ARG002 the list is of these two
        """Return all names of the list: what the base got in another way since, a list does not tell."""
        return frozenset(name for file in self.listing.files for name in (file.path, file.old_path) if name)

    def files(self, commit: str) -> tuple[Blob, ...]:
        """Return every file of a commit that the clone has.

        Raises:
            HistoryMissing: it has not.
        """
        if not self._has(commit):
            raise HistoryMissing(f"This clone is shallow and has not the code at {commit[:12]}.", "Fetch it.")
        return super().files(commit)

    def read(self, commit: str, path: str) -> bytes | None:
        """Return a file's content at a commit, or None when there is no such file."""
        if self._has(commit):
            return super().read(commit, path)
        done = self._run("cat-file", "blob", blob) if (blob := self._blobs.get((commit, path))) else None
        return done.stdout if done is not None and done.returncode == 0 else self._fetched(commit, path)

    def read_all(self, commit: str, paths: Iterable[str]) -> dict[str, bytes | None]:
        """Return the contents of files at a commit, None where there is no such file."""
        if self._has(commit):
            return super().read_all(commit, paths)
        return {path: self.read(commit, path) for path in paths}

    def contents(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each content, by git's id or by ours."""
        wanted = tuple(blobs)
        yield from super().contents(blob for blob in wanted if ":" not in blob)
        for blob in wanted:
            commit, mark, path = blob.partition(":")
            if mark:
                content = self.read(commit, path)
                if content is None:
                    raise HistoryMissing(f"{self.listing.name} lists {path} and does not give it.", "Fetch it.")
                yield blob, content

    def _change(self, file: ListedFile) -> FileChange:
        after, before = f"{self.listing.head}:{file.path}", f"{self.listing.merge_base}:{file.old_path or file.path}"
        return FileChange(
            status=file.status,
            path=file.path,
            old_path=file.old_path,
            blob=_NOTHING if file.status == "deleted" else after,
            old_blob=_NOTHING if file.status == "added" else before,
            is_submodule=file.is_submodule,
            line=file.line,
        )

    def _has(self, commit: str) -> bool:
        if commit not in self._here:
            self._here[commit] = self._run("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0
        return self._here[commit]

    def _fetched(self, commit: str, path: str) -> bytes | None:
        self._asked += 1
        if self._asked > _MOST_READ:
            raise HistoryMissing(f"More than {_MOST_READ} files would be read from the forge.", "Fetch them.")
        try:
            return self._read_there(commit, path)
        except HttpFailed as exc:
            raise HistoryMissing(f"{path} at {commit[:12]} could not be read from the forge: {exc}", "") from exc


def listed(forge: Lister, clone: Repository, ci: CiContext) -> ListedRepository:
    """Return the clone with the forge's list of the request that the job is about.

    Raises:
        HistoryMissing: the forge does not give it, or gives that of another commit.
    """
    try:
        listing = forge.listing()
    except HttpFailed as exc:
        raise HistoryMissing(f"The forge was asked for the changed files instead: {exc}", "") from exc
    head = ci.head if _COMMIT.match(ci.head) else clone.commit(ci.head)
    if head != listing.head:
        text = f"{listing.name} is at {listing.head[:12]} by now, and this job is about {head[:12]}."
        raise HistoryMissing(text, "Run it for the newest commit.")
    return ListedRepository(clone, listing, forge.content)


def first_added(patch: str) -> int:
    """Return the first added line of a patch with context; 1 without one."""
    number = 1
    for line in patch.splitlines():
        if hunk := _HUNK.match(line):
            number = int(hunk[1])
        elif line.startswith("+"):
            return max(number, 1)
        elif not line.startswith(("-", "\\")):
            number += 1
    return 1
