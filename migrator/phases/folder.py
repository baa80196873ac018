"""A migration's folder, or its one plain file: its manifest and its SQL, read, parsed and summed.

The phase of a file is its name; a plain `.sql` file beside the folders is an expand and nothing else. Everything is
read and checked before anything runs, so that a mistake in contract.sql is found on the first day and not weeks later.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import InputError, ManifestError
from migrator.phases import single_files
from migrator.phases.manifest import Manifest, read_manifest
from migrator.schema.order import order_key
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

PHASES = ("expand", "migrate", "contract")
"""The phases in order; `abort` undoes the first two and `verify` only reads."""
FILES = (*PHASES, "abort", "verify")


@dataclass(frozen=True, slots=True)
class PhaseFile:
    """One SQL file: its text as bytes were read, its statements, its SHA-256."""

    path: Path
    text: str
    statements: tuple[Statement, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration as it stands on disk."""

    id: str
    folder: Path
    manifest: Manifest
    files: Mapping[str, PhaseFile]
    """Phase name -> file, for the files that exist."""
    has_manifest: bool = True
    """False for a plain file, for one alone in a folder, and for a folder that holds nothing but SQL."""
    is_plain: bool = False
    """A file of its own in the migrations folder, and no folder."""

    @property
    def home(self) -> Path:
        """The folder of all migrations."""
        return self.folder if self.is_plain else self.folder.parent

    @property
    def is_single_phase(self) -> bool:
        """Whether it ends with its expand: only expand.sql, and no manifest that promises more."""
        return not self.has_manifest and set(self.files) == {"expand"}

    def statements(self, phase: str) -> tuple[Statement, ...]:
        """Return the phase's statements; none when there is no such file."""
        file = self.files.get(phase)
        return file.statements if file else ()

    @property
    def has_contract(self) -> bool:
        """Whether there is, or will have to be, something to contract."""
        return self.manifest.contract is not None or bool(self.statements("contract"))

    @property
    def contract_checksum(self) -> str:
        """SHA-256 over contract.sql and what the manifest asks of the contract; approvals are bound to it."""
        section = self.manifest.contract.model_dump(mode="json") if self.manifest.contract else None
        file = self.files.get("contract")
        text = json.dumps([section, file.sha256 if file else None], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def find_migration(migrations: Path, migration: str) -> Path:
    """Return the folder or plain file of an id, or of an unambiguous part of it.

    Raises:
        InputError: none or several match.
    """
    every = migration_paths(migrations)
    paths = [path for path in every if migration in migration_id(path)]
    exact = [path for path in paths if migration_id(path) == migration]
    if len(exact or paths) == 1:
        return (exact or paths)[0]
    known = ", ".join(migration_id(path) for path in paths or every) or "none"
    problem = "is not unique" if paths else "was not found"
    raise InputError(f"The migration {migration!r} {problem} in {migrations} (there: {known}).", "Give the whole id.")


def migration_paths(migrations: Path) -> tuple[Path, ...]:
    """Return every folder with a manifest, an expand.sql or another tool's one file, and every plain file, in order."""
    if not migrations.is_dir():
        return ()
    found = [path for path in migrations.iterdir() if _is_folder(path) or single_files.is_plain(path)]
    return tuple(sorted(found, key=lambda path: order_key(path.name)))


def migration_id(path: Path) -> str:
    """Return the id of a folder or plain file."""
    return path.name if path.is_dir() else single_files.id_of(path)


def load_migration(path: Path) -> Migration:
    """Read and check one folder or plain file.

    Raises:
        ManifestError: the manifest, the set of files or the SQL is wrong; says file, line and column.
    """
    if path.is_file():
        return _load_plain(path)
    if not _is_ours(path) and (alone := single_files.only_file(path)):
        return _load_alone(path, alone)
    has_manifest = (path / "migration.toml").exists()
    is_bare = not has_manifest and (path / "expand.sql").is_file()
    manifest = Manifest() if is_bare else read_manifest(path / "migration.toml")
    files = {name: _read(path / f"{name}.sql") for name in FILES if (path / f"{name}.sql").is_file()}
    migration = Migration(path.name, path, manifest, files, has_manifest)
    _check_files(migration)
    return migration


def depends_on(path: Path) -> tuple[str, ...]:
    """Return the ids that a folder or plain file builds on, without reading its other SQL.

    Raises:
        ManifestError: the manifest or the file cannot be read.
    """
    if path.is_file():
        return single_files.manifest_of(_text_of(path)).migration.depends_on
    file = path / "migration.toml"
    if file.exists():
        return read_manifest(file).migration.depends_on
    alone = None if _is_ours(path) else single_files.only_file(path)
    return single_files.manifest_of(_text_of(alone)).migration.depends_on if alone else ()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and (_is_ours(path) or single_files.only_file(path) is not None)


def _is_ours(folder: Path) -> bool:
    return (folder / "migration.toml").exists() or (folder / "expand.sql").is_file()


def _load_alone(folder: Path, path: Path) -> Migration:
    file = _read(path, is_plain=True)
    return Migration(folder.name, folder, single_files.manifest_of(file.text), {"expand": file}, has_manifest=False)


def _load_plain(path: Path) -> Migration:
    file = _read(path, is_plain=True)
    manifest = single_files.manifest_of(file.text)
    migration = single_files.id_of(path)
    if (path.parent / migration).is_dir():
        raise ManifestError(f"{path} and the folder {migration} beside it have the same id.", "Rename one of them.")
    return Migration(migration, path.parent, manifest, {"expand": file}, has_manifest=False, is_plain=True)


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ManifestError(f"{path} cannot be read: {exc}.", "Save it as UTF-8 text.") from exc


def read_sql(path: Path) -> PhaseFile:
    """Read and parse one SQL file.

    Raises:
        ManifestError: it cannot be read or is not SQL.
    """
    return _read(path)


def _read(path: Path, *, is_plain: bool = False) -> PhaseFile:
    text = _text_of(path)
    parsed = parse_sql(single_files.way_forward(path, text) if is_plain else text)
    if parsed.problems:
        problem = parsed.problems[0]
        more = f" (and {len(parsed.problems) - 1} more)" if len(parsed.problems) > 1 else ""
        told = f"{problem.message.rstrip('.')}{more}."
        raise ManifestError(f"{path}:{problem.line}:{problem.column}: {told}", "Correct the SQL.")
    statements = single_files.without_timeouts(parsed.statements) if is_plain else parsed.statements
    return PhaseFile(path, text, statements, hashlib.sha256(text.encode()).hexdigest())


def _check_files(migration: Migration) -> None:
    folder = migration.folder
    unknown = sorted(path.name for path in folder.glob("*.sql") if path.stem not in FILES)
    if unknown:
        raise ManifestError(
            f"{folder} holds {', '.join(unknown)}, which is no phase.",
            f"The SQL files of a folder are {', '.join(f'{name}.sql' for name in FILES)}; rename it or move it out.",
        )
    if "expand" not in migration.files:
        later = ", ".join(f"{name}.sql" for name in migration.files) or "no SQL file"
        raise ManifestError(
            f"{folder} has {later} but no expand.sql: there is nothing to contract or undo without an expand.",
            "Write expand.sql; when nothing has to be added, let it hold a comment that says why.",
        )
    if migration.statements("contract") and migration.manifest.contract is None:
        raise ManifestError(
            f"{folder} has a contract.sql, but its manifest has no [contract] section.",
            "Add [contract] with contract_by (a deadline is required) and the evidence it waits for.",
        )
