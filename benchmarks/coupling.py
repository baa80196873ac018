"""How long a coupling check takes: a pull request of 200 files in a repository of 20,000, and a scan of 1,000 files.

    python benchmarks/coupling.py [--files 20000] [--repeat 5]

Prints CPU and wall seconds of cold processes, and the ratio to `git diff --name-status` of the same two commits,
which every such check pays for. Targets: the pull request below 0.4 s, the scan of 1,000 files below 3 s.
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
        base = _measure(["git", "diff", "--name-status", "-z", "-M", "main", "change"], repository, options.repeat)
        _print("git diff --name-status", base, base)
        for name, branch in (("200 files, no migration", "change"), ("contract, scan of the code", "contract")):
            command = [*check, "--base", "main", "--head", branch]
            cold = _measure(command, repository, options.repeat, forget=repository / ".git" / "migrator")
            _print(f"{name}, nothing cached", cold, base)
            if branch == "contract":
                _print(f"{name}, cached", _measure(command, repository, options.repeat), base)


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


def _measure(command: Sequence[str], folder: Path, repeat: int, forget: Path | None = None) -> tuple[float, float]:
    """Return the medians of CPU and wall seconds."""
    cpu: list[float] = []
    wall: list[float] = []
    for _ in range(repeat):
        if forget is not None:
            subprocess.run(["rm", "-rf", str(forget)], check=True)
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=_CLEAN, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr.decode())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.perf_counter() - started)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(cpu), statistics.median(wall)


def _print(name: str, found: tuple[float, float], base: tuple[float, float]) -> None:
    print(f"{name:45} cpu {found[0]:6.2f} s   wall {found[1]:6.2f} s   {found[1] / base[1]:6.1f} times git diff")


if __name__ == "__main__":
    main()
