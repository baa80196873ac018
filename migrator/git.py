"""What git knows: commits, the files that differ, the content of files at a commit. Reads only.

git is called as a program: it is what every CI has, in the version that made the clone. Names are read with `-z`,
because git quotes what is not ASCII otherwise; settings that change its output are overridden.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from migrator.errors import InputError

_PLAIN = (
    "-c",
    "core.quotePath=false",
    "-c",
    "diff.noprefix=false",
    "-c",
    "diff.renameLimit=4000",
    "-c",
    "diff.submodule=short",
)
_DIFF = ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=none", "-M")
_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_SUBMODULE = "160000"
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_NOTHING = re.compile(r"0+\Z")

STATUS = {"A": "added", "M": "modified", "D": "deleted", "R": "renamed", "C": "copied", "T": "type-changed"}


class HistoryMissing(InputError):
    """The clone does not reach back to a commit that both sides have in common."""


class Blob(NamedTuple):
    """One file at a commit: its path from the repository's root and the id of its content."""

    path: str
    id: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """One entry of a diff; `blob` is the content afterwards, `old_blob` before."""

    status: str
    """One of `STATUS`' values."""
    path: str
    old_path: str | None
    blob: str
    old_blob: str
    is_submodule: bool
    line: int = 1
    """The first added line."""


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of a branch as its first parents tell the story."""

    commit: str
    parents: tuple[str, ...]
    message: str
    paths: tuple[str, ...]
    """Names of the files that differ from the first parent, both of a rename."""


_STEP = "\x1e\x1d"
"""Between commits: no message or name of a file holds these two control characters."""


class Repository:
    """One working tree; every path is relative to its top."""

    def __init__(self, folder: Path) -> None:
        """Raise InputError when the folder is in no repository that can be read."""
        self._folder = folder
        self._listed: dict[str, tuple[Blob, ...]] = {}
        self.top = Path(self._text("rev-parse", "--show-toplevel").removesuffix("\n"))
        self._folder = self.top

    @property
    def git_folder(self) -> Path:
        """git's own folder, shared by all working trees of the clone."""
        folder = Path(self._text("rev-parse", "--git-common-dir").removesuffix("\n"))
        return folder if folder.is_absolute() else self.top / folder

    def commit(self, ref: str) -> str:
        """Return the id of a commit.

        Raises:
            HistoryMissing: a shallow clone does not have it.
            InputError: git knows no such commit.
        """
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if done.returncode == 0:
            return done.stdout.decode().strip()
        if self.is_shallow:
            raise HistoryMissing(f"git knows no commit {ref}: this clone is shallow.", "Fetch the whole history.")
        raise InputError(f"git knows no commit {ref}.", "Correct the name, or fetch it.")

    @property
    def is_shallow(self) -> bool:
        """Whether the clone ends before the first commit."""
        return self._text("rev-parse", "--is-shallow-repository").strip() == "true"

    def merge_base(self, one: str, other: str) -> str:
        """Return the commit from which the two went apart.

        Raises:
            HistoryMissing: there is none in this clone.
        """
        done = self._run("merge-base", one, other)
        if done.returncode == 0:
            return done.stdout.decode().strip()
        why = "this clone is shallow" if self.is_shallow else "their histories have nothing in common"
        raise HistoryMissing(
            f"{one[:12]} and {other[:12]} have no commit in common: {why}.", "Fetch the whole history."
        )

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether `one` is part of the history of `other`."""
        return self._run("merge-base", "--is-ancestor", one, other).returncode == 0

    def changes(self, old: str, new: str) -> tuple[FileChange, ...]:
        """Return the files that differ between two commits, both names of a rename."""
        form = ("--raw", "--patch", "--unified=0", "--no-abbrev", "-z")
        raw, _, patch = self._bytes("diff", *form, *_DIFF, old, new, "--").partition(b"\0\0")  # both in one order
        lines = _lines_of(patch)
        return tuple(_with_line(change, _line_of(change, lines)) for change in _raw_changes(os.fsdecode(raw)))

    def differing(self, one: str, other: str) -> frozenset[str]:
        """Return the names of all files that are not the same at two commits."""
        listed = self._text("diff", "--name-only", "--no-renames", "-z", "--ignore-submodules=none", one, other, "--")
        return frozenset(name for name in listed.split("\0") if name)

    def files(self, commit: str) -> tuple[Blob, ...]:
        """Return every file of a commit, without submodules and links."""
        if commit in self._listed:
            return self._listed[commit]
        listed = self._text("ls-tree", "-r", "-z", "--full-tree", commit)
        entries = (entry.partition("\t") for entry in listed.split("\0") if entry.startswith("100"))
        found = tuple(Blob(path, head.rpartition(" ")[2]) for head, _, path in entries)
        if _ID.match(commit):  # a name may mean another commit tomorrow
            self._listed[commit] = found
        return found

    def read(self, commit: str, path: str) -> bytes | None:
        """Return a file's content at a commit, or None when there is no such file."""
        done = self._run("cat-file", "blob", f"{commit}:{path}")
        return done.stdout if done.returncode == 0 else None

    def read_all(self, commit: str, paths: Iterable[str]) -> dict[str, bytes | None]:
        """Return the contents of files at a commit, None where there is no such file; one process for all of them."""
        paths = tuple(paths)
        wanted = [path for path in paths if "\n" not in path]
        answer = self._bytes("cat-file", "--batch", stdin=b"".join(_line_for(commit, path) for path in wanted))
        found = dict(zip(wanted, _batch(answer), strict=True))
        return found | {path: self.read(commit, path) for path in paths if path not in found}

    def contents(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each blob with its content; one process for all of them."""
        wanted = list(blobs)
        if not wanted:
            return
        text = "".join(f"{blob}\n" for blob in wanted).encode()
        answer = self._bytes("cat-file", "--batch", "--buffer", stdin=text)
        for blob, content in zip(wanted, _batch(answer), strict=True):
            if content is None:
                raise HistoryMissing(f"git has no content {blob[:12]}: this clone is partial.", "Fetch it whole.")
            yield blob, content

    def log(self, commits: str, form: str) -> str:
        """Return `git log` of a range in a format."""
        return self._text("log", f"--format={form}", "--end-of-options", commits)

    def steps(self, old: str, new: str) -> tuple[Step, ...]:
        """Return the commits of a branch between two commits, oldest first; a merge is one step with all it brought."""
        form = f"--format={_STEP}%H%x00%P%x00%B%x00"
        options = ("--first-parent", "--reverse", "-m", "--name-status", "-z", *_DIFF)
        listed = self._text("log", form, *options, "--end-of-options", f"{old}..{new}")
        return tuple(_step(entry) for entry in listed.split(_STEP)[1:])

    def history_of(self, path: Path, form: str) -> str:
        """Return `git log` of the commits that changed a file, or anything in a folder, in a format; merges too."""
        return self._text("log", f"--format={form}", "--full-history", "--", str(path.absolute()))

    def is_changed(self, path: Path) -> bool:
        """Whether something there is not as it was committed, or was never committed."""
        return self._text("status", "--porcelain", "--untracked-files=all", "--", str(path.absolute())) != ""

    def _text(self, *arguments: str) -> str:
        return os.fsdecode(self._bytes(*arguments))

    def _bytes(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        done = self._run(*arguments, stdin=stdin)
        if done.returncode:
            reason = " ".join(done.stderr.decode(errors="replace").split()) or f"exit code {done.returncode}"
            raise InputError(f"git {arguments[0]} failed: {reason}.", "Run it in the working tree of a git repository.")
        return done.stdout

    def _run(self, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        command = ["git", "-C", str(self._folder), *_PLAIN, *arguments]
        environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
        try:
            return subprocess.run(command, capture_output=True, check=False, input=stdin, env=environment)
        except OSError as exc:
            raise InputError(f"git cannot be run: {exc.strerror}.", "Install git.") from exc


def is_nothing(commit: str) -> bool:
    """Whether it is the name of no commit, which CI systems give for a new branch: forty zeros, or nothing."""
    return _NOTHING.match(commit or "0") is not None


def _line_for(commit: str, path: str) -> bytes:
    return os.fsencode(f"{commit}:{path}\n")


def _batch(answer: bytes) -> Iterator[bytes | None]:
    """Yield what `cat-file --batch` says of each object; None for one that is no file or not there."""
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        words = answer[at:end].split()
        at = end + 1
        if len(words) != 3 or not words[2].isdigit():  # noqa: PLR2004 id, type, size; else "NAME missing"
            yield None
            continue
        size = int(words[2])
        yield answer[at : at + size] if words[1] == b"blob" else None
        at += size + 1


def _raw_changes(raw: str) -> Iterator[FileChange]:
    words = iter(raw.split("\0"))
    for head in words:
        if not head:
            return
        old_mode, mode, old_blob, blob, status = head.removeprefix(":").split()
        first = next(words)
        second = next(words) if status[0] in "RC" else None
        yield FileChange(
            STATUS.get(status[0], "modified"),
            second or first,
            first if second else None,
            blob,
            old_blob,
            _SUBMODULE in (old_mode, mode),
        )


def _step(entry: str) -> Step:
    commit, parents, message, names = entry.split("\0", 3)
    words = iter(names.lstrip("\0\n").split("\0"))
    paths: list[str] = []
    for status in words:
        if status:
            paths += [next(words) for _ in range(2 if status[0] in "RC" else 1)]
    return Step(commit, tuple(parents.split()), message.strip(), tuple(paths))


def _line_of(change: FileChange, lines: Iterator[int]) -> int:
    """A change of the type, such as file to link, is two patches: the old file goes, the new one comes."""
    first = next(lines)
    return next(lines) if change.status == STATUS["T"] else first


def _with_line(change: FileChange, line: int) -> FileChange:
    return FileChange(
        change.status, change.path, change.old_path, change.blob, change.old_blob, change.is_submodule, line
    )


def _lines_of(patch: bytes) -> Iterator[int]:
    """Yield the first added line of each file of a patch; a line of content never begins with `diff --git`."""
    found: int | None = None
    is_first = True
    for line in patch.split(b"\n"):
        if line.startswith(b"diff --git "):
            if not is_first:
                yield found or 1
            found, is_first = None, False
        elif found is None and (hunk := _HUNK.match(line)) and hunk[2] != b"0":
            found = max(int(hunk[1]), 1)
    if not is_first:
        yield found or 1


def trailers_of(message: str) -> Sequence[tuple[str, str]]:
    """Return `Key: value` lines of the last paragraph of a commit message, as git reads trailers."""
    last = message.rstrip().rpartition("\n\n")[2].splitlines()
    pairs = (line.partition(":") for line in last)
    return [(key.strip(), value.strip()) for key, mark, value in pairs if mark and key and " " not in key.strip()]
