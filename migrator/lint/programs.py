"""Migrations that are programs: `migrator lint` reads SQL, so that of theirs has to be given.

Called for what a branch changed: a pull request with such a migration and no SQL must not pass as clean.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from migrator.errors import InputError

_FOLDER = re.compile(r"migrat|versions|alembic", re.IGNORECASE)
_PIPED = "migrator lint - --stdin-filepath NAME.sql"
_TOOLS = {
    "Django": (".py", re.compile(rb"\bmigrations\.Migration\b"), f"`python manage.py sqlmigrate APP NAME | {_PIPED}`"),
    "Alembic": (".py", re.compile(rb"^down_revision\b", re.MULTILINE), f"`alembic upgrade OLD:NEW --sql | {_PIPED}`"),
    "Rails": (".rb", re.compile(rb"\bActiveRecord::Migration\b"), "the SQL that the job of the migration logs"),
}
"""Each tool's suffix, what stands in each of its migrations, and how its SQL is had."""


def unread_programs(files: Iterable[Path]) -> list[InputError]:
    """Return what to say of the files that are migrations of a known tool, one error per tool."""
    found: dict[str, list[str]] = {}
    for file in files:
        if (tool := _tool_of(file)) is not None:
            found.setdefault(tool, []).append(str(file))
    return [_error(tool, names) for tool, names in found.items()]


def _tool_of(file: Path) -> str | None:
    tools = [tool for tool, (suffix, _, _) in _TOOLS.items() if file.suffix == suffix]
    if not tools or not _FOLDER.search(file.parent.as_posix()):
        return None
    try:
        text = file.read_bytes()
    except OSError:
        return None
    return next((tool for tool in tools if _TOOLS[tool][1].search(text)), None)


def _error(tool: str, names: list[str]) -> InputError:
    what = "a migration" if len(names) == 1 else f"{len(names)} migrations"
    return InputError(
        f"{', '.join(names)}: {what} of {tool}, a program. Its SQL was not read, and lint reads nothing else.",
        f"Give it {_TOOLS[tool][2]}; or leave such files to reviewers: `exclude` under [lint] in migrator.toml.",
    )
