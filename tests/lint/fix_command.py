"""`migrator lint` as a process, and a folder to run it in."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def run(
    *arguments: str | Path, cwd: Path, environment: Mapping[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `migrator lint` with these arguments and nothing of our environment."""
    command = [sys.executable, "-m", "migrator", "lint", *map(str, arguments)]
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **(environment or {})}
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=False, env=env)
