"""A migration's folder: its manifest and its SQL files, read, parsed and summed.

The phase of a file is its name. Everything is read and checked before anything runs, so that a mistake in
contract.sql is found on the first day and not weeks later.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import InputError, ManifestError
from migrator.phases.manifest import Manifest, read_manifest
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
    """Return the folder of an id, or of an unambiguous part of it.

    Raises:
        InputError: no or several folders match.
    """
    folders = [path for path in migration_folders(migrations) if migration in path.name]
    exact = [path for path in folders if path.name == migration]
    if len(exact or folders) == 1:
        return (exact or folders)[0]
    known = ", ".join(path.name for path in folders or migration_folders(migrations)) or "none"
    problem = "is not unique" if folders else "was not found"
    raise InputError(f"The migration {migration!r} {problem} in {migrations} (there: {known}).", "Give the whole id.")


def migration_folders(migrations: Path) -> tuple[Path, ...]:
    """Return every folder that holds a migration.toml, in the order of their names."""
    return tuple(sorted(path.parent for path in migrations.glob("*/migration.toml")))


def load_migration(folder: Path) -> Migration:
    """Read and check one folder.

    Raises:
        ManifestError: the manifest, the set of files or the SQL is wrong; says file, line and column.
    """
    manifest = read_manifest(folder / "migration.toml")
    files = {name: _read(folder / f"{name}.sql") for name in FILES if (folder / f"{name}.sql").is_file()}
    migration = Migration(folder.name, folder, manifest, files)
    _check_files(migration)
    return migration


def _read(path: Path) -> PhaseFile:
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ManifestError(f"{path} cannot be read: {exc}.", "Save it as UTF-8 text.") from exc
    parsed = parse_sql(text)
    if parsed.problems:
        problem = parsed.problems[0]
        more = f" (and {len(parsed.problems) - 1} more)" if len(parsed.problems) > 1 else ""
        raise ManifestError(f"{path}:{problem.line}:{problem.column}: {problem.message}{more}.", "Correct the SQL.")
    return PhaseFile(path, text, parsed.statements, hashlib.sha256(text.encode()).hexdigest())


def _check_files(migration: Migration) -> None:
    folder = migration.folder
    unknown = sorted(path.name for path in folder.glob("*.sql") if path.stem not in FILES)
    if unknown:
        raise ManifestError(
            f"{folder} holds {', '.join(unknown)}, which is no phase.", f"Name it one of {', '.join(FILES)}.sql."
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
