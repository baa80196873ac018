"""Paths as a forge knows them: from the root of the checkout, also when a job works in a folder of it."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def forge_path(path: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the path from the root that the CI system names, with slashes; outside of CI as it is."""
    root = next((environment[name] for name in _ROOTS if environment.get(name)), None)
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 links keep their own name
    if root is not None and absolute.is_relative_to(root):
        return absolute.relative_to(root).as_posix()
    return path.replace(os.sep, "/").removeprefix("./")


def uri_of(path: str) -> str:
    """Return the path as a URI reference; one that is not below the root of the checkout begins with `file:`."""
    if _DRIVE.match(path) is not None:
        return f"file:///{path[0]}:{quote(path[2:].replace(chr(92), '/'), errors='surrogateescape')}"
    return ("file://" if path.startswith("/") else "") + quote(path, errors="surrogateescape")
