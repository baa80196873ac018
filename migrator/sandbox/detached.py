"""The sandbox of a person who wants to play: it lives on after `migrator sandbox up --detach`, until `down`.

Called by `migrator.cli.sandbox`. One per user; a record in a private folder says where it is. The folder is
XDG_RUNTIME_DIR, or one for temporary files whose owner and mode are checked: its name can be guessed, so another
user could have made it first.
"""

import json
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.errors import ConfigError, DatabaseFailed, Refused
from migrator.pg.connection import connect
from migrator.sandbox.cluster import DIRECTORY_PREFIX, Cluster
from migrator.sandbox.programs import choose_programs
from migrator.sandbox.watcher import dispose

_FILE = "sandbox.json"


@dataclass(frozen=True, slots=True)
class Detached:
    """Where the sandbox is and how to connect to its servers."""

    directory: Path
    major: int
    primary: str
    replicas: tuple[str, ...]

    def dsn(self, replica: int | None = None) -> str:
        """Return the connection string of the primary, or of a replica counted from 1."""
        if replica is None:
            return self.primary
        if not 1 <= replica <= len(self.replicas):
            raise ConfigError(f"The sandbox has {len(self.replicas)} replica(s), and no number {replica}.")
        return self.replicas[replica - 1]


def up(replicas: int | None = None, major: int | None = None) -> tuple[Detached, bool]:
    """Start a sandbox that outlives this process; return it and whether it is new.

    None means "as it is, or the default". One that no longer answers (the machine was restarted) is replaced.

    Raises:
        Refused: one is up, and it is not of the version or number of replicas asked for.
    """
    present = find()
    if present is not None and _answers(present):
        return _matching(present, replicas, major), False
    down()
    with Cluster(choose_programs(major), 1 if replicas is None else replicas) as cluster:
        made = Detached(
            cluster.directory, cluster.programs.major, cluster.primary.dsn, tuple(r.dsn for r in cluster.replicas)
        )
        try:
            _write(made)
        except FileExistsError as exc:
            raise Refused(
                "Another `sandbox up --detach` finished first.", "Run `migrator sandbox url` to see it."
            ) from exc
        cluster.detach()
    return made, True


def find() -> Detached | None:
    """Return what the record says, or None when there is none.

    Raises:
        ConfigError: the record cannot be used.
    """
    path = _folder() / _FILE
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        directory = Path(data["directory"])
        made = Detached(directory, int(data["major"]), str(data["primary"]), tuple(data["replicas"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigError(f"The record of the sandbox in {path} cannot be read.", "Remove that file.") from exc
    if not directory.name.startswith(DIRECTORY_PREFIX):  # its whole contents are removed by `down`
        raise ConfigError(f"The record in {path} does not name a sandbox's directory.", "Remove that file.")
    return made


def current() -> Detached:
    """Return the sandbox that is up.

    Raises:
        ConfigError: there is none.
        DatabaseFailed: there was one, and it no longer answers.
    """
    made = find()
    if made is None:
        raise ConfigError("No sandbox is up.", "Run `migrator sandbox up --detach`.")
    if not _answers(made):
        raise DatabaseFailed(
            f"The sandbox in {made.directory} no longer answers.",
            "Run `migrator sandbox up --detach` for a new one, or `migrator sandbox down` to remove what is left.",
        )
    return made


def down() -> bool:
    """Stop the sandbox, remove it and its record; return whether there was one.

    Raises:
        DatabaseFailed: something of it could not be removed; the record is kept, so that `down` can be repeated.
    """
    made = find()
    if made is None:
        return False
    if not dispose(made.directory):
        raise DatabaseFailed(
            f"The sandbox in {made.directory} could not be removed completely.",
            "Look at what is left there, then run `migrator sandbox down` again.",
        )
    (_folder() / _FILE).unlink()
    with suppress(OSError):  # XDG_RUNTIME_DIR/migrator may hold other files
        _folder().rmdir()
    return True


def _matching(present: Detached, replicas: int | None, major: int | None) -> Detached:
    if replicas in (None, len(present.replicas)) and major in (None, present.major):
        return present
    raise Refused(
        f"A sandbox is already up, with PostgreSQL {present.major} and {len(present.replicas)} replica(s).",
        "Run `migrator sandbox down` first, or leave out the options to use that one.",
    )


def _answers(made: Detached) -> bool:
    with suppress(DatabaseFailed), connect(made.primary, application_name="migrator-sandbox", connect_timeout=3):
        return True
    return False


def _write(made: Detached) -> None:
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    _check_private(folder)
    text = json.dumps(
        {
            "directory": str(made.directory),
            "major": made.major,
            "primary": made.primary,
            "replicas": made.replicas,
        }
    )
    with os.fdopen(os.open(folder / _FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _folder() -> Path:
    """Return the folder of the record, checked when it exists."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        folder = Path(runtime) / "migrator"
    else:
        folder = Path(tempfile.gettempdir()) / f"migrator-detached-{os.geteuid()}"
    if folder.exists() or folder.is_symlink():
        _check_private(folder)
    return folder


def _check_private(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise ConfigError(
            f"{folder} is not a folder that only you may enter, so its contents are not trusted.",
            "Remove it, or set XDG_RUNTIME_DIR to a private folder.",
        )
