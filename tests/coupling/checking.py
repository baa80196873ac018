"""Running `migrator coupling …` as a process, and the branch that most tests check."""

import json
import os
import subprocess
from typing import Any

import pytest

from tests import forked
from tests.coupling.repositories import Repo

EXPAND = "migrations/20260901_mail/expand.sql"
ADD = "ALTER TABLE users ADD COLUMN mail text;\n"
POLICY = '[coupling.override]\napprovers = ["@alice", "@bob"]\n'
_CI = (
    "GITHUB_",
    "GITLAB_",
    "CI_",
    "BITBUCKET_",
    "CHANGE_",
    "CIRCLE",
    "TF_BUILD",
    "JENKINS_URL",
    "MIGRATOR_",
    "GH_TOKEN",
    "PRE_COMMIT_",
)


def check(repo: Repo, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return command(repo, "check", *arguments, **environment)


def command(repo: Repo, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_CI) and name != "CI"}
    done = forked.run("coupling", *arguments, folder=repo.path, environment={**clean, **environment})
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def verdict(repo: Repo, *arguments: str, **environment: str) -> dict[str, Any]:
    done = check(repo, "--format", "json", *arguments, **environment)
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    found["exit"] = done.returncode
    return found


@pytest.fixture
def feature(repo: Repo) -> Repo:
    """A branch that adds a column and uses it."""
    repo.commit({"src/app.py": "x = 1\n", "migrator.toml": POLICY})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({EXPAND: ADD, "src/app.py": "x = 'SELECT mail FROM users'\n"})
    return repo
