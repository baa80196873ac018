"""How long linters take for one file and for a thousand, in turns in the same run, beside `python -c pass`.

    python benchmarks/lint.py [ROUNDS] [NAME=PROGRAM …]

Peers are programs that take files as arguments, installed by you outside of this project:
`squawk=…/squawk safemigrate=…/safemigrate-lint pgfence="…/pgfence analyze"`. Wall time on a shared machine is noise:
compare the ratios, and CPU time (user and system, of the children).
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FILES = 1000
_STATEMENTS = """-- migration {n}
BEGIN;
ALTER TABLE orders_{n} ADD COLUMN note_{n} text NOT NULL DEFAULT 'none';
CREATE TABLE order_lines_{n} (id bigint PRIMARY KEY, order_id bigint NOT NULL, amount numeric(12, 2));
COMMIT;
CREATE INDEX orders_{n}_note ON orders_{n} (note_{n}) WHERE note_{n} <> 'none';
UPDATE orders_{n} SET note_{n} = 'x' WHERE id BETWEEN {n} AND {n} + 1000;
ALTER TABLE orders_{n} ALTER COLUMN note_{n} SET NOT NULL;
"""


class Time(NamedTuple):
    """Seconds of one run; CPU is that of all its processes."""

    wall: float
    cpu: float


def main(rounds: int, peers: Mapping[str, Sequence[str]]) -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / ".git").mkdir()
        for n in range(FILES):
            (folder / f"{n:04}.sql").write_text(_STATEMENTS.format(n=n), encoding="utf-8")
        names = sorted(file.name for file in folder.glob("*.sql"))
        linters = {"migrator": [sys.executable, "-m", "migrator", "lint"], **peers}
        commands = {"python -c pass": [sys.executable, "-c", "pass"]}
        commands |= {f"{name}, 1 file": [*command, names[0]] for name, command in linters.items()}
        commands |= {f"{name}, {FILES} files": [*command, *names] for name, command in linters.items()}
        report({name: [] for name in commands}, commands, rounds, folder)


def report(times: dict[str, list[Time]], commands: Mapping[str, Sequence[str]], rounds: int, folder: Path) -> None:
    """Run all commands in turns; print each one's times, and its ratio to ours for as many files."""
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(run(command, folder))
    print(
        f"{rounds} rounds".ljust(28)
        + f" {'wall median':>12} {'wall min':>10} {'cpu median':>11} {'cpu min':>9} {'of ours':>8}"
    )
    for name, found in times.items():
        ours = times[f"migrator, {name.partition(', ')[2] or '1 file'}"]
        ratio = median(time.wall for time in found) / median(time.wall for time in ours)
        walls, cpus = [time.wall * 1000 for time in found], [time.cpu * 1000 for time in found]
        row = f"{median(walls):9.0f} ms {min(walls):7.0f} ms {median(cpus):8.0f} ms {min(cpus):6.0f} ms"
        print(f"{name:28} {row} {ratio:8.2f}")


def run(command: Sequence[str], folder: Path) -> Time:
    """Return wall and CPU seconds of one run; every linter finds something, and says so by its exit code."""
    before, start = os.times(), time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    wall, after = time.perf_counter() - start, os.times()
    assert done.returncode in (0, 1), done.stderr.decode()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Time(wall, cpu)


if __name__ == "__main__":
    words = sys.argv[1:]
    others = dict(word.split("=", 1) for word in words if "=" in word)
    count = next((int(word) for word in words if word.isdigit()), 11)
    main(count, {name: shlex.split(command) for name, command in others.items()})
