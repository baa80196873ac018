"""`--changed`: the SQL files that differ from where this branch left its base, as git knows them.

The files are those of the working tree, so uncommitted and new ones count. Names are read with `-z`: git quotes what
is not ASCII otherwise. A renamed file counts under its new name.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from migrator.errors import InputError

_BY_ENVIRONMENT = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "GITHUB_BASE_REF", "BITBUCKET_PR_DESTINATION_BRANCH")
_ARE_BRANCHES = frozenset({"GITHUB_BASE_REF", "BITBUCKET_PR_DESTINATION_BRANCH"})
_DEEPER = (
    "Fetch the history: `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` of GitLab, or `git fetch --unshallow`."
)


def changed_files(base: str | None, below: tuple[Path, ...] = ()) -> list[Path]:
    """Return the changed files, relative to where we are, sorted; with `below` only those in these paths.

    Raises:
        InputError: this is no git repository, or the base has no history in common with us.
    """
    start = _merge_base(base or default_base())
    top = Path(_git("rev-parse", "--show-toplevel").removesuffix("\n"))
    listed = _git("diff", "--name-status", "-z", "-M", "--no-ext-diff", start, "--")
    new = _git("ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/")
    names = {*_kept(listed), *(name for name in new.split("\0") if name)}
    files = [top / name for name in sorted(names)]
    limits = [Path(os.path.abspath(path)) for path in below]  # noqa: PTH100 links keep their own name
    chosen = [file for file in files if not limits or any(_real(file).is_relative_to(_real(p)) for p in limits)]
    return [_relative(file) for file in chosen if file.is_file()]


def default_base(environment: Mapping[str, str] = os.environ) -> str:
    """Return the base that the CI system names, else the remote's default branch."""
    for name in _BY_ENVIRONMENT:
        if value := environment.get(name):
            return f"origin/{value}" if name in _ARE_BRANCHES else value
    return "origin/HEAD"


def _kept(listed: str) -> Iterator[str]:
    """Yield the names of a `--name-status -z` listing that still exist: of a rename, the new one."""
    words = iter(listed.split("\0"))
    for status in words:
        if not status:
            return
        name = next(words)
        if status[0] in "RC":
            name = next(words)
        if status[0] != "D":
            yield name


def _merge_base(base: str) -> str:
    found = _run("merge-base", base, "HEAD")
    if found.returncode == 0:
        return found.stdout.strip()
    if _run("rev-parse", "--git-dir").returncode:
        _refuse(found, "This is no git repository that can be read")
    is_shallow = _run("rev-parse", "--is-shallow-repository").stdout.strip() == "true"
    if is_shallow:
        raise InputError(f"{base} and HEAD have no commit in common: this clone is shallow.", _DEEPER)
    if _run("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}").returncode:
        raise InputError(f"git knows no commit {base}.", _how_to_know(base))
    raise InputError(f"{base} and HEAD have no commit in common.", "Name another commit to compare with: --base REF.")


def _how_to_know(base: str) -> str:
    if not base.startswith("origin/"):
        return "Name the branch or commit to compare with: --base REF."
    fetch = f"`git fetch origin {base.removeprefix('origin/')}`, or `fetch-depth: 0` of actions/checkout"
    return f"Fetch it: {fetch}; or name another branch or commit to compare with: --base REF."


def _git(*arguments: str) -> str:
    done = _run(*arguments)
    if done.returncode:
        _refuse(done, f"git {arguments[0]} failed")
    return done.stdout


def _refuse(done: subprocess.CompletedProcess[str], situation: str) -> None:
    reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
    raise InputError(f"{situation}: {reason}.", "Run it in the working tree of a git repository.")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *arguments], capture_output=True, check=False, encoding="utf-8", errors="surrogateescape"
        )
    except OSError as exc:
        raise InputError(f"git cannot be run: {exc.strerror}.", "Install git, or name the files.") from exc


def _real(path: Path) -> Path:
    """Git gives the real path of its top; ours may lead through a link."""
    return Path(os.path.realpath(path))


def _relative(file: Path) -> Path:
    here = _real(Path.cwd())
    return _real(file).relative_to(here) if _real(file).is_relative_to(here) else file
