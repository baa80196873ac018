"""Several processes: the same results in the same order, errors that arrive, and a death that is noticed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from migrator.errors import InputError
from migrator.lint import parallel
from migrator.lint.parallel import in_parallel
from migrator.lint.source import Source

ROOT = Path(__file__).parents[3]
MANY = [Source(f"{n // 3}/{n}.sql", "") for n in range(1000)]


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with three processors and without the threads of the test runner."""

    def three(_: int) -> set[int]:
        return {0, 1, 2}

    monkeypatch.setattr(os, "sched_getaffinity", three, raising=False)
    monkeypatch.setattr(parallel.threading, "active_count", lambda: 1)


def work(part: Sequence[Source]) -> list[tuple[int, str]]:
    return [(os.getpid(), source.path) for source in part]


def test_results_come_in_order_from_several_processes() -> None:
    results = in_parallel(MANY, work)
    assert [path for _, path in results] == [source.path for source in MANY]
    assert len({process for process, _ in results}) == 3
    folders: dict[str, set[int]] = {}
    for process, path in results:
        folders.setdefault(path.partition("/")[0], set()).add(process)
    assert all(len(found) == 1 for found in folders.values())


def test_few_files_stay_in_one_process() -> None:
    assert {process for process, _ in in_parallel(MANY[:150], work)} == {os.getpid()}


def test_an_error_in_a_child_is_raised() -> None:
    def fails(part: Sequence[Source]) -> list[int]:
        if part[-1] is MANY[-1]:
            raise InputError("the situation", "the remedy")
        return []

    with pytest.raises(InputError, match="the situation the remedy"):
        in_parallel(MANY, fails)


def test_a_child_that_dies_is_no_clean_file() -> None:
    parent = os.getpid()

    def dies(part: Sequence[Source]) -> list[int]:
        if os.getpid() != parent:
            os._exit(0)
        return [len(part)]

    with pytest.raises(InputError, match="ended before"):
        in_parallel(MANY, dies)


def test_a_large_run_knows_the_history_in_every_process(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0000.sql").write_text("CREATE TABLE t (a varchar(10));")
    for n in range(1, 400):
        (folder / f"{n:04}.sql").write_text(f"ALTER TABLE t ALTER COLUMN a TYPE varchar({10 + n});")
    code = (
        "import os; os.sched_getaffinity = lambda _: {0, 1, 2}\n"
        "from migrator.cli.failures import run\nfrom migrator.cli import root\nraise SystemExit(run(root))"
    )
    environment = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, "lint", "--output", "gcc"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
