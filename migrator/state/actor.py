"""Who is acting: the name that goes into every audit row beside the database's `session_user`."""

import getpass
import os
import socket

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
