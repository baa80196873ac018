"""What came before a file: earlier migrations, replayed in order, or a schema that was given.

The past of a file in a folder of migrations is everything there that sorts before it: a folder of ours counts with its
expand, migrate and contract, a plain file of another tool as it is, without its way back.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from migrator.errors import InputError
from migrator.lint.dump import without_rows
from migrator.lint.halves import forward_text, is_way_back
from migrator.lint.source import find_files, read_source
from migrator.schema.model import Schema
from migrator.schema.order import order_key
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

_PHASES = ("expand.sql", "migrate.sql", "contract.sql")
_NOT_FORWARD = frozenset({"abort.sql", "verify.sql", "down.sql", "rollback.sql", "revert.sql"})
"""Files beside those of a migration that do not make the schema what it is."""
_BESIDE = re.compile(r"[._]|[Rr]__|(?:before|after)[A-Z]\w*\.sql\Z")
"""What runs again and again, Flyway's callbacks among them, and what is hidden."""


class History:
    """The schema before each file: `base`, then the earlier files of the folder, each replayed once.

    Files that are linted in the same run are learned and not read again.
    """

    def __init__(self, folder: Path | None, base: Schema | None = None, only: Iterable[Path] | None = None) -> None:
        """Take every file of the folder; or with `only` those, when `base` holds what came before."""
        self._base = base or Schema()
        units = _units(_in_order(folder, only) if folder is not None else [])
        self._place = {unit: number for number, unit in enumerate(units)}
        self._units = list(units.values())
        self._schemas = [self._base]
        self._learned: dict[Path, Schema] = {}

    def covers(self, path: Path) -> bool:
        """Whether the file is one of the folder."""
        return _unit(path) in self._place

    def before(self, path: Path) -> Schema:
        """Return the schema that the file's migration finds."""
        place = self._place.get(_unit(path))
        if place is None:
            return self._base
        while len(self._schemas) <= place:
            self._schemas.append(self._after(len(self._schemas) - 1))
        return self._schemas[place]

    def learn(self, path: Path, schema: Schema) -> None:
        """Take note of the schema that a file leaves behind."""
        if _unit(path) in self._place:
            self._learned[path] = schema.settled()

    def _after(self, number: int) -> Schema:
        files = self._units[number]
        known = self._learned.get(files[-1]) if files else None
        if known is not None:
            return known
        return replay((s for file in files for s in forward_statements(file)), self._schemas[number]).settled()


class Histories:
    """Several folders of migrations, each with its own past; any other file finds the base."""

    def __init__(self, folders: Sequence[History], base: Schema | None = None) -> None:
        self._folders = folders
        self._base = base or Schema()

    def before(self, path: Path) -> Schema:
        """Return the schema that the file's migration finds."""
        known = next((history for history in self._folders if history.covers(path)), None)
        return known.before(path) if known is not None else self._base

    def learn(self, path: Path, schema: Schema) -> None:
        """Take note of the schema that a file leaves behind."""
        for history in self._folders:
            history.learn(path, schema)


def forward_statements(file: Path) -> tuple[Statement, ...]:
    """Return the statements of a file without its way back; what cannot be read is left out.

    Raises:
        InputError: it is not a readable UTF-8 file.
    """
    return parse_sql(without_rows(forward_text(file, read_source(file).text))).statements


def schema_of(paths: Sequence[Path], *, is_complete: bool) -> Schema:
    """Return the schema that the files make, in the order given; folders and patterns in the order of their names.

    Raises:
        InputError: a path cannot be read, or nothing in it is SQL.
    """
    files = [file for path in paths for file in sorted(_forward(find_files(path)), key=_key)]
    statements = [statement for file in files for statement in forward_statements(file)]
    if not statements:
        listed = ", ".join(map(str, paths))
        raise InputError(f"There is no SQL statement in {listed}.", "Name a schema dump, or files that come before.")
    return replay(statements, Schema(is_complete=is_complete)).settled()


def home_of(folder: Path) -> Path | None:
    """Return the folder of migrations in which the files of this one have their place; None where nothing is numbered.

    Prisma's `20260901_x/migration.sql` and a Flyway folder `v2` have their place one folder higher.
    """
    while _is_numbered(folder.name) and looks_ordered(folder.parent):
        folder = folder.parent
    return folder if looks_ordered(folder) else None


def looks_ordered(folder: Path) -> bool:
    """Whether most of its SQL is numbered, as migrations are, and it is not a loose collection.

    What tools put beside numbered migrations does not count: repeatables, callbacks and folders, such as `meta`.
    """
    if not folder.is_dir():
        return False
    names = [
        entry.name for entry in folder.iterdir() if _is_sql(entry) or (entry.is_dir() and _is_numbered(entry.name))
    ]
    numbered = sum(map(_is_numbered, names))
    return numbered * 2 > sum(not _BESIDE.match(name) for name in names)


def _is_sql(path: Path) -> bool:
    return path.suffix == ".sql" and path.is_file()


def _is_numbered(name: str) -> bool:
    return re.match(r"[VvUuBbRr]?\d", name) is not None


def _in_order(folder: Path, only: Iterable[Path] | None) -> list[Path]:
    root = Path(os.path.abspath(folder))  # noqa: PTH100 links keep their own name
    if only is not None:
        found = [Path(os.path.abspath(file)) for file in only]  # noqa: PTH100
        found = [file for file in found if file.is_relative_to(root)]
    else:
        found = list(root.rglob("*.sql"))
    return sorted(_forward(found), key=_key)


def _forward(files: Iterable[Path]) -> Iterator[Path]:
    for file in files:
        if file.name.lower() not in _NOT_FORWARD and not is_way_back(file):
            yield file


def _key(path: Path) -> tuple[tuple[tuple[int, int | str], ...], ...]:
    """Order as people number: V2 before V10; the phases of a migration in their order."""
    phase = ((0, _PHASES.index(path.name)),) if path.name in _PHASES else order_key(path.name)
    return (*(order_key(part) for part in path.parts[:-1]), phase)


def _unit(path: Path) -> Path:
    """A migration folder's files are one; any other file is its own."""
    return path.parent if path.name in (*_PHASES, *_NOT_FORWARD) else path


def _units(files: Sequence[Path]) -> dict[Path, list[Path]]:
    units: dict[Path, list[Path]] = {}
    for file in files:
        units.setdefault(_unit(file), []).append(file)
    return units
