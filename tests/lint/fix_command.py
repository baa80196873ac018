"""`migrator lint` as a process, and a folder to run it in."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests import forked

ROOT = Path(__file__).parent.parent.parent


def run(
    *arguments: str | Path, cwd: Path, environment: Mapping[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `migrator lint` with these arguments and nothing of our environment."""
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **(environment or {})}
    return forked.run("lint", *map(str, arguments), folder=cwd, environment=env, given=stdin)
