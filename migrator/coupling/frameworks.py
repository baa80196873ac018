"""Migrations that are programs: what they add and remove, read from their text and never by running them.

Those in Python from their syntax tree, those of other languages by their calls. A file of which nothing is
understood has no entry, and its phase is unknown; one that removes something nobody can name is a problem.
"""

import ast
import re
from collections.abc import Callable
from pathlib import PurePosixPath

from migrator.coupling.evidence import SqlFile
from migrator.coupling.programs.alembic import read_alembic, upgrade_of
from migrator.coupling.programs.django import app_of, operations_of, read_django
from migrator.coupling.programs.found import Found
from migrator.coupling.programs.python_steps import read_steps
from migrator.coupling.programs.spelled import read_spelled

_UNREAD = frozenset(".pl .pm .clj .edn .cljs .swift .dart .hs .fs .lua .cr .nim .zig .sh .bash .lisp .ml".split())
_REMOVAL = re.compile(
    r"\bDROP\s+(?:COLUMN|TABLE|VIEW)\b|\bRENAME\s+(?:COLUMN|TO)\b|\b(?:drop|remove|delete|rename)[-_]?(?:column|field)\b",
    re.IGNORECASE,
)
_WAY_BACK = re.compile(r"(?:^|/)U\d[^/]*__[^/]*\Z|\.(?:down|undo)\.\w+\Z")


def read_framework_file(path: str, read: Callable[[str], str | None]) -> SqlFile | None:
    """Return what a migration program does; None when it is none of ours, or cannot be told."""
    text = read(path)
    if text is None:
        return None
    if _WAY_BACK.search(path):
        return SqlFile(path=path, migration=PurePosixPath(path).stem, phase="abort")
    found = _python(text, PurePosixPath(path)) if path.endswith(".py") else read_spelled(path, text)
    return _strange(path, text) if found is None else found.as_file(path)


def _strange(path: str, text: str) -> SqlFile | None:
    """Return the problem of a program that nobody reads and that may remove something; None for all others."""
    is_unread = PurePosixPath(path).suffix in _UNREAD or (path.endswith(".py") and not _is_python(text))
    match = _REMOVAL.search(text) if is_unread else None
    if match is None:
        return None
    line = text.count("\n", 0, match.start()) + 1
    problem = f"it cannot be told what line {line} removes or renames ({match[0]})"
    return SqlFile(path=path, migration=PurePosixPath(path).stem, phase="none", problem=problem, mixed_line=line)


def _is_python(text: str) -> bool:
    """Whether Python reads it; one of another version may have a syntax of its own."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _python(text: str, path: PurePosixPath) -> Found | None:
    try:
        tree = ast.parse(text)
        operations, upgrade = operations_of(tree), upgrade_of(tree)
        if operations is not None:
            return read_django(tree, operations, app_of(path.parent))
        return read_steps(tree) if upgrade is None else read_alembic(tree, upgrade)
    except (SyntaxError, ValueError, RecursionError):
        return None
