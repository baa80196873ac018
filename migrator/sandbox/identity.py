"""Under which user the server's programs run: never as root, because PostgreSQL refuses that.

An ordinary user runs them as itself. Root drops to `postgres`, or to `nobody` where that does not exist; no user is
created. Called by `programs`, `server` and `cluster` for every program of the server.
"""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import ConfigError

_DROP_TO = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Identity:
    """The user of the server's programs; `is_dropped` means that we are root and it is another one."""

    name: str
    uid: int
    gid: int
    is_dropped: bool

    def own(self, path: Path, mode: int) -> Path:
        """Give a file or directory to this user with exactly this mode, and return it."""
        path.chmod(mode)
        if self.is_dropped:
            os.chown(path, self.uid, self.gid)
        return path

    def run(
        self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], timeout_seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this user and return its output; the caller judges the return code.

        Raises:
            PermissionError: this user cannot enter the program's directory or `cwd`.
            subprocess.TimeoutExpired: it was ended because it took longer than `timeout_seconds`.
        """
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(env),
            user=self.uid if self.is_dropped else None,
            group=self.gid if self.is_dropped else None,
            extra_groups=[] if self.is_dropped else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_seconds,
            start_new_session=True,  # Ctrl-C is answered by us, in order, and not by each program on its own
        )


def server_identity() -> Identity:
    """Return the user for the server's programs.

    Raises:
        ConfigError: we are root and the machine has no user to drop to.
    """
    if os.geteuid() != 0:
        return Identity(str(os.geteuid()), os.geteuid(), os.getegid(), is_dropped=False)
    known = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in _DROP_TO:
        if name in known:
            return Identity(name, known[name].pw_uid, known[name].pw_gid, is_dropped=True)
    raise ConfigError(
        "PostgreSQL never runs as root, and this machine has neither a user postgres nor nobody.",
        "Run the command as an ordinary user.",
    )
