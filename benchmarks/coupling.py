"""How long a coupling check takes: a pull request of 200 files in a repository of 20,000, and a scan of 1,000 files.

    python benchmarks/coupling.py [--files 20000] [--repeat 5]

Prints CPU and wall seconds of cold processes, and the ratio of the CPU seconds to what every such check in Python
pays for: the start of the interpreter and `git diff --name-only` of the same two commits. Measured in turns, so that a
machine that is slow for a while is slow for both. Targets: the pull request below 0.4 s, the scan of 1,000 files below
3 s.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_CLEAN = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
_QUERY = 'def read_{n}(db, key):\n    return db.execute("SELECT id, name FROM table_{t} WHERE id = %s", [key])\n\n\n'
_TABLES = 50


def main() -> None:
    """Make the repository, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder)
        _make(repository, options.files)
        check = [sys.executable, "-m", "migrator", "coupling", "check", "--forge", "none"]
        for name, branch, is_cold in (
            ("200 files, no migration", "change", True),
            ("contract, scan of the code, nothing cached", "contract", True),
            ("contract, scan of the code, cached", "contract", False),
        ):
            command = [*check, "--base", "main", "--head", branch]
            forget = repository / ".git" / "migrator" if is_cold else None
            turns = [(_baseline(repository), _measure(command, repository, forget)) for _ in range(options.repeat)]
            _print(name, [base for base, _ in turns], [found for _, found in turns])


def _make(repository: Path, files: int) -> None:
    """Write `files` files, 1,000 of them code with queries on 50 tables, and the two branches."""
    _git(repository, "init", "--quiet", "--initial-branch=main")
    tables = "".join(f"CREATE TABLE table_{t} (id bigint PRIMARY KEY, name text, old text);\n" for t in range(_TABLES))
    _write(repository / "migrations/0001_first.sql", tables)
    for n in range(1000):
        _write(
            repository / f"src/module_{n % 40}/code_{n}.py",
            "".join(_QUERY.format(n=i, t=(n + i) % _TABLES) for i in range(7)),
        )
    for n in range(files - 1000):
        _write(repository / f"assets/{n % 200}/file_{n}.txt", f"{n}\n")
    _commit(repository, "first")
    _git(repository, "switch", "--quiet", "-c", "change")
    for n in range(200):
        _write(repository / f"src/module_{n % 40}/code_{n}.py", f"x = {n}\n")
    _commit(repository, "change")
    _git(repository, "switch", "--quiet", "-c", "contract", "main")
    folder = repository / "migrations/20260901_old"
    _write(folder / "expand.sql", "-- nothing to add\n")
    _write(folder / "contract.sql", "ALTER TABLE table_7 DROP COLUMN old;\n")
    _write(folder / "migration.toml", "[contract]\ncontract_by = 2099-01-01\n")
    _commit(repository, "contract")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _commit(repository: Path, message: str) -> None:
    _git(repository, "add", "--all")
    _git(repository, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", message)


def _git(repository: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=repository, env=_CLEAN, check=True, capture_output=True)


def _baseline(folder: Path) -> tuple[float, float]:
    """Return CPU and wall seconds of the interpreter's start and of a plain diff."""
    start = _measure([sys.executable, "-c", "pass"], folder)
    diff = _measure(["git", "diff", "--name-only", "-z", "main", "change"], folder)
    return start[0] + diff[0], start[1] + diff[1]


def _measure(command: Sequence[str], folder: Path, forget: Path | None = None) -> tuple[float, float]:
    """Return CPU and wall seconds of one process and its children."""
    if forget is not None:
        subprocess.run(["rm", "-rf", str(forget)], check=True)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=_CLEAN, capture_output=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def _print(name: str, bases: Sequence[tuple[float, float]], found: Sequence[tuple[float, float]]) -> None:
    """Print medians: of the seconds, and of the ratios of each turn."""
    cpu, wall = (statistics.median(each[n] for each in found) for n in (0, 1))
    ratio = statistics.median(one[0] / base[0] for one, base in zip(found, bases, strict=True))
    print(f"{name:45} cpu {cpu:6.2f} s   wall {wall:6.2f} s   {ratio:6.1f} times interpreter and git diff (cpu)")


if __name__ == "__main__":
    main()
