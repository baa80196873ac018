"""Throw-away git repositories: real commits, branches, clones."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_CLEAN = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Eve",
    "GIT_AUTHOR_EMAIL": "eve@example.org",
    "GIT_COMMITTER_NAME": "Eve",
    "GIT_COMMITTER_EMAIL": "eve@example.org",
}


@dataclass(frozen=True)
class Repo:
    """One working tree."""

    path: Path

    def git(self, *arguments: str) -> str:
        environment = {**os.environ, **_CLEAN}
        done = subprocess.run(
            ["git", "-C", str(self.path), "-c", "protocol.file.allow=always", *arguments],
            check=True,
            capture_output=True,
            env=environment,
        )
        return os.fsdecode(done.stdout).strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def commit(self, files: dict[str, str] | None = None, message: str = "change") -> str:
        """Write the files, commit everything and return the commit's id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def clone(self, path: Path, *options: str) -> "Repo":
        self.git("clone", "--quiet", *options, f"file://{self.path}", str(path))
        return Repo(path)


def make_repo(path: Path) -> Repo:
    path.mkdir(parents=True, exist_ok=True)
    repo = Repo(path)
    repo.git("init", "--quiet", "--initial-branch=main")
    return repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a repository with one empty commit on main."""
    made = make_repo(tmp_path / "repo")
    made.commit(message="first")
    return made
