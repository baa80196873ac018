"""One clone, and the questions that it is asked. Reads only.

Names are read with `-z`, because git quotes what is not ASCII otherwise.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from migrator.errors import InputError
from migrator.git.changes import STEP, Blob, FileChange, Step, changes_in, contents_in, step_in
from migrator.git.program import FETCH, HistoryMissing, refused, run_git

_DIFF = (
    *("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=none", "--inter-hunk-context=0"),
    *("-M", "-O/dev/null"),
)
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


class Repository:
    """One working tree; every path is relative to its top."""

    def __init__(self, folder: Path) -> None:
        """Raise InputError when the folder is in no repository that can be read."""
        self._folder = folder
        self._listed: dict[str, tuple[Blob, ...]] = {}
        self.top = self._folder = self._top()

    def _top(self) -> Path:
        """Return the top of the working tree; of a bare repository its folder."""
        done = self._run("rev-parse", "--show-toplevel")
        if done.returncode == 0:
            return Path(os.fsdecode(done.stdout).removesuffix("\n"))
        if self._run("rev-parse", "--is-bare-repository").stdout.strip() == b"true":
            return Path(self._text("rev-parse", "--absolute-git-dir").removesuffix("\n"))
        raise refused("rev-parse", done)

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
        is_option = ref.startswith("-")  # git before 2.30 has no --end-of-options here
        done = None if is_option else self._run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if done is not None and done.returncode == 0:
            return done.stdout.decode().strip()
        if not is_option and self.is_shallow:
            raise HistoryMissing(f"git knows no commit {ref}: this clone is shallow.", FETCH)
        if not self._run("rev-list", "--max-count=1", "--all", "HEAD").stdout:
            raise InputError("This repository has no commit yet.", "Commit something first.")
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
        ends = f"{one[:12]} and {other[:12]} have no commit in common"
        if self.is_shallow:
            raise HistoryMissing(f"{ends}: this clone is shallow.", FETCH)
        raise HistoryMissing(f"{ends}: their histories have nothing in common.", "Name other commits.")

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether `one` is part of the history of `other`."""
        return self._run("merge-base", "--is-ancestor", one, other).returncode == 0

    def changes(self, old: str, new: str) -> tuple[FileChange, ...]:
        """Return the files that differ between two commits, both names of a rename."""
        form = ("--raw", "--patch", "--unified=0", "--no-abbrev", "-z")
        return changes_in(self._bytes("diff", *form, *_DIFF, old, new, "--"))

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
        found = dict(zip(wanted, contents_in(answer), strict=True))
        return found | {path: self.read(commit, path) for path in paths if path not in found}

    def contents(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each blob with its content; one process for all of them."""
        wanted = list(blobs)
        if not wanted:
            return
        text = "".join(f"{blob}\n" for blob in wanted).encode()
        answer = self._bytes("cat-file", "--batch", "--buffer", stdin=text)
        for blob, content in zip(wanted, contents_in(answer), strict=True):
            if content is None:
                raise HistoryMissing(f"git has no content {blob[:12]}: this clone is partial.", "Fetch it whole.")
            yield blob, content

    def log(self, commits: str, form: str) -> str:
        """Return `git log` of a range in a format."""
        if commits.startswith("-"):
            raise InputError(f"git knows no commit {commits}.", "Correct the name.")
        return self._text("log", f"--format={form}", commits, "--")

    def steps(self, old: str, new: str) -> tuple[Step, ...]:
        """Return the commits of a branch between two commits, oldest first; a merge is one step with all it brought."""
        form = f"--format={STEP}%H%x00%P%x00%B%x00"
        options = ("--first-parent", "--reverse", "-m", "--name-status", "-z", *_DIFF)
        listed = self._text("log", form, *options, f"{old}..{new}", "--")
        return tuple(step_in(entry) for entry in listed.split(STEP)[1:])

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
            raise refused(arguments[0], done)
        return done.stdout

    def _run(self, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return run_git(self._folder, *arguments, stdin=stdin)


def _line_for(commit: str, path: str) -> bytes:
    return os.fsencode(f"{commit}:{path}\n")
