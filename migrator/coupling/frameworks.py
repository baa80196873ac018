"""Migrations that are programs: what they add and remove, read from their text and never by running them.

Django's and Alembic's from their syntax tree, those of other tools by their calls. A file of which nothing is
understood has no entry, and its phase is unknown; one that removes something nobody can name is a problem.
"""

import ast
from collections.abc import Callable
from pathlib import PurePosixPath

from migrator.coupling.evidence import SqlFile
from migrator.coupling.programs.alembic import read_alembic, upgrade_of
from migrator.coupling.programs.django import operations_of, read_django
from migrator.coupling.programs.found import Found
from migrator.coupling.programs.spelled import read_spelled


def read_framework_file(path: str, read: Callable[[str], str | None]) -> SqlFile | None:
    """Return what a migration program does; None when it is none of ours, or cannot be told."""
    text = read(path)
    if text is None:
        return None
    found = _python(text, PurePosixPath(path)) if path.endswith(".py") else read_spelled(path, text)
    return None if found is None else found.as_file(path)


def _python(text: str, path: PurePosixPath) -> Found | None:
    try:
        tree = ast.parse(text)
        operations, upgrade = operations_of(tree), upgrade_of(tree)
        if operations is not None:
            return read_django(tree, operations, path.parent.parent.name)
        return None if upgrade is None else read_alembic(tree, upgrade)
    except (SyntaxError, ValueError, RecursionError):
        return None
