"""Who is acting: the name that goes into every audit row beside the database's `session_user`."""

import getpass
import os
import socket
import subprocess
from functools import cache

_COMMITS = ("MIGRATOR_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "GIT_COMMIT", "BITBUCKET_COMMIT")
"""Where CI systems say which commit they work on; the first is for everybody else."""
_RUNS = ("MIGRATOR_CI_RUN_URL", "CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "BUILD_URL")
"""Where they say at which address the run can be looked at; GitHub says it in three parts."""
_GIT_SECONDS = 5
_VARIABLES = ("MIGRATOR_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN")


def current_actor(given: str | None = None) -> str:
    """Return `--actor`, else the CI's user, else the operating system's user."""
    if given:
        return given
    for variable in _VARIABLES:
        if os.environ.get(variable):
            return os.environ[variable]
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container user without a passwd entry
        return f"uid-{os.getuid()}"


def current_host() -> str:
    """Return this machine's name, for the record only."""
    return socket.gethostname()


def current_commit() -> str | None:
    """Return the commit that runs: the CI's word, else git's for the working directory; None when neither knows."""
    named = next((os.environ[name] for name in _COMMITS if os.environ.get(name)), None)
    return named or _commit_of(os.getcwd())  # noqa: PTH109 a key for the cache


def current_run() -> str | None:
    """Return the address of the CI run that this is part of; None outside of CI."""
    named = next((os.environ[name] for name in _RUNS if os.environ.get(name)), None)
    parts = [os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return named or ("{}/{}/actions/runs/{}".format(*parts) if all(parts) else None)


@cache
def _commit_of(folder: str) -> str | None:
    command = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_GIT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):  # no git here, or a file system that hangs
        return None
    return answer.stdout.strip() or None
