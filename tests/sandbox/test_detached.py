"""`migrator sandbox` as a person and a script use it: the command line as a subprocess."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from migrator.pg.connection import connect
from migrator.sandbox import detached
from tests.fix_server import wait_until

Answer = subprocess.CompletedProcess[str]


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """The record lies in a folder of the test; whatever is still up at its end is stopped."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield tmp_path
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    if detached.find() is not None:
        detached.down()


def _migrator(*arguments: str) -> Answer:
    command = [sys.executable, "-m", "migrator", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_up_url_down(runtime_folder: Path) -> None:
    up = _migrator("sandbox", "up", "--detach", "--replicas", "2", "--format", "json")
    assert up.returncode == 0, up.stderr
    result = json.loads(up.stdout)
    assert set(result) == {"primary", "replicas"}
    assert len(result["replicas"]) == 2
    for dsn in (result["primary"], *result["replicas"]):
        with connect(dsn):
            pass
    assert _migrator("sandbox", "url").stdout.strip() == result["primary"]
    assert _migrator("sandbox", "url", "--replica", "2").stdout.strip() == result["replicas"][1]
    made = detached.current()
    down = _migrator("sandbox", "down")
    assert (down.returncode, down.stdout) == (0, "The sandbox is gone.\n")
    assert not made.directory.exists()
    assert list(runtime_folder.iterdir()) == []


def test_format_option_before_the_command() -> None:
    up = _migrator("--format", "json", "sandbox", "up", "--detach", "--replicas", "0")
    assert json.loads(up.stdout) == {"primary": detached.current().primary, "replicas": []}


def test_second_up_prints_the_first_and_refuses_another_shape() -> None:
    first = _migrator("sandbox", "up", "--detach")
    second = _migrator("sandbox", "up", "--detach")
    assert second.returncode == 0
    assert second.stdout == first.stdout
    assert "already up" in second.stderr
    other = _migrator("sandbox", "up", "--detach", "--replicas", "3")
    assert other.returncode == 4
    assert "1 replica(s)" in other.stderr
    assert "sandbox down" in other.stderr


def test_sandbox_that_died_is_replaced() -> None:
    first, _ = detached.up(replicas=0)
    main = int((first.directory / "primary" / "postmaster.pid").read_text().split()[0])
    os.kill(main, signal.SIGQUIT)
    wait_until(lambda: _migrator("sandbox", "url").returncode == 5, "the loss to be noticed")
    second, is_new = detached.up(replicas=0)
    assert is_new
    assert second.directory != first.directory
    assert not first.directory.exists()


def test_url_and_down_without_a_sandbox() -> None:
    url = _migrator("sandbox", "url")
    assert (url.returncode, url.stdout) == (2, "")
    assert "sandbox up --detach" in url.stderr
    down = _migrator("sandbox", "down")
    assert (down.returncode, down.stdout) == (0, "No sandbox is up.\n")


def test_unknown_version_and_replica_are_input_errors() -> None:
    assert _migrator("sandbox", "up", "--pg-version", "9").returncode == 2
    assert _migrator("sandbox", "up", "--replicas", "99").returncode == 2
    detached.up(replicas=1)
    assert _migrator("sandbox", "url", "--replica", "2").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_foreground_lives_until_it_is_interrupted(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "migrator", "sandbox", "up", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        primary = json.loads(running.stdout.readline())["primary"]
        with connect(primary) as session:
            row = session.execute("SELECT current_setting('data_directory') AS path").fetchone()
        assert "Ctrl-C" in running.stderr.readline()
        running.send_signal(number)
        assert running.wait(timeout=30) == 0
    assert row is not None
    assert not Path(row["path"]).parent.exists()


def test_folder_that_others_may_enter_is_not_trusted(runtime_folder: Path) -> None:
    (runtime_folder / "migrator").mkdir(mode=0o755)
    answer = _migrator("sandbox", "url")
    assert answer.returncode == 2
    assert "not trusted" in answer.stderr
    (runtime_folder / "migrator").rmdir()


@pytest.mark.parametrize("text", ["{", "[]", '{"directory": "/", "major": 18, "primary": "", "replicas": []}'])
def test_record_that_makes_no_sense_removes_nothing(runtime_folder: Path, text: str) -> None:
    (runtime_folder / "migrator").mkdir(mode=0o700)
    record = runtime_folder / "migrator" / "sandbox.json"
    record.write_text(text)
    answer = _migrator("sandbox", "down")
    assert answer.returncode == 2
    assert "Remove that file." in answer.stderr
    record.unlink()
