"""How long `migrator lint` takes for one file and for a thousand, beside `python -c pass` in the same run.

python benchmarks/lint_speed.py [ROUNDS]

Wall time on a shared machine is noise: the runs are interleaved, and the ratio to the baseline is what to compare.
CPU time (user and system, of the child) is printed beside it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
FILES = 1000
_STATEMENTS = """-- migration {n}
BEGIN;
ALTER TABLE orders_{n} ADD COLUMN note_{n} text NOT NULL DEFAULT 'none';
CREATE FUNCTION sync_{n}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.note_{n} := coalesce(NEW.note_{n}, 'none'); RETURN NEW; END $$;
CREATE TRIGGER sync_{n} BEFORE INSERT ON orders_{n} FOR EACH ROW EXECUTE FUNCTION sync_{n}();
COMMIT;
CREATE INDEX orders_{n}_note ON orders_{n} (note_{n}) WHERE note_{n} <> 'none';
UPDATE orders_{n} SET note_{n} = 'x' WHERE id BETWEEN {n} AND {n} + 1000;
ALTER TABLE orders_{n} ALTER COLUMN note_{n} SET NOT NULL;
"""


def main(rounds: int) -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / ".git").mkdir()
        for n in range(FILES):
            (folder / f"{n:04}.sql").write_text(_STATEMENTS.format(n=n), encoding="utf-8")
        lint = [sys.executable, "-m", "migrator", "lint"]
        report("python -c pass", "1 file", f"{FILES} files", rounds, folder, [*lint, "0000.sql"], [*lint, "."])


def report(base: str, one: str, many: str, rounds: int, folder: Path, *commands: Sequence[str]) -> None:
    """Run all commands in turns and print each one's times and its ratio to the baseline."""
    every = {base: [sys.executable, "-c", "pass"], one: commands[0], many: commands[1]}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in every}
    for _ in range(rounds):
        for name, command in every.items():
            times[name].append(run(command, folder))
    baseline = median(wall for wall, _ in times[base])
    print(f"{'':16} {'wall median':>12} {'wall min':>10} {'cpu median':>11} {'ratio':>7}   ({rounds} rounds)")
    for name, found in times.items():
        walls, cpus = [wall for wall, _ in found], [cpu for _, cpu in found]
        row = f"{median(walls) * 1000:9.0f} ms {min(walls) * 1000:7.0f} ms {median(cpus) * 1000:8.0f} ms"
        print(f"{name:16} {row} {median(walls) / baseline:7.1f}")


def run(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of one run."""
    before, start = os.times(), time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    wall, after = time.perf_counter() - start, os.times()
    assert done.returncode in (0, 1), done.stderr.decode()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
