"""Whatever ends the owner of a sandbox: no process and no file of it is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from migrator.sandbox.watcher import dispose
from tests.fix_server import wait_until

_OWNER = """
import sys
from migrator.sandbox.cluster import Cluster

class Told(Cluster):
    def _start_watcher(self):
        print(self.directory, flush=True)
        super()._start_watcher()

with Told() as cluster:
    print("up", flush=True)
    sys.stdin.read()
    print("leaving", flush=True)
"""


def _processes(directory: Path) -> list[str]:
    """Return the command lines of everything that works in the directory or was started with its name."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(directory) in command or (entry / "cwd").readlink().is_relative_to(directory):
                found.append(command)
    return found


def _is_gone(directory: Path) -> bool:
    return not directory.exists() and not _processes(directory)


@contextmanager
def _owner() -> Generator[tuple["subprocess.Popen[str]", Path]]:
    """Start a program that owns a sandbox; give it and the sandbox's directory, before that is made."""
    command = [sys.executable, "-c", _OWNER]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as owner:
        directory = Path(_line(owner))
        try:
            yield owner, directory
        finally:
            owner.kill()
            dispose(directory)


def _line(owner: "subprocess.Popen[str]") -> str:
    assert owner.stdout is not None
    return owner.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nothing_is_left_when_the_owner_is_ended(number: signal.Signals) -> None:
    with _owner() as (owner, directory):
        assert _line(owner) == "up"
        assert len(_processes(directory)) > 10
        owner.send_signal(number)
        owner.wait(timeout=30)
        wait_until(lambda: _is_gone(directory), f"{directory} and its processes to go")


def test_nothing_is_left_when_a_terminal_interrupts_the_whole_group() -> None:
    with _owner() as (owner, directory):
        assert _line(owner) == "up"
        os.killpg(owner.pid, signal.SIGINT)
        owner.wait(timeout=30)
        wait_until(lambda: _is_gone(directory), f"{directory} and its processes to go")


_MOMENTS = ["", "init", "primary", "primary/PG_VERSION", "primary/postmaster.pid", "replica1", "replica1/PG_VERSION"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("moment", _MOMENTS)
def test_nothing_is_left_when_the_owner_is_ended_while_starting(moment: str, number: signal.Signals) -> None:
    with _owner() as (owner, directory):
        wait_until((directory / moment).exists, f"{directory / moment} to be made")
        os.killpg(owner.pid, number)
        owner.wait(timeout=30)
        wait_until(lambda: _is_gone(directory), f"{directory} and its processes to go")


def test_nothing_is_left_after_the_regular_end() -> None:
    with _owner() as (owner, directory):
        assert _line(owner) == "up"
        assert owner.stdin is not None
        owner.stdin.close()
        assert _line(owner) == "leaving"
        assert owner.wait(timeout=30) == 0
        assert _is_gone(directory)  # at once: the owner has waited for it


def test_a_killed_server_leaves_no_shared_memory() -> None:
    def segments() -> set[str]:
        return {line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}

    with _owner() as (owner, directory):
        assert _line(owner) == "up"
        identifier = (directory / "primary" / "postmaster.pid").read_text().splitlines()[6].split()[1]
        assert identifier in segments()
        main = int((directory / "primary" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(main, signal.SIGKILL)
        owner.kill()
        wait_until(lambda: _is_gone(directory), f"{directory} and its processes to go")
        assert identifier not in segments()


def test_a_shell_that_looks_around_in_the_directory_is_spared(tmp_path: Path) -> None:
    with subprocess.Popen(["cat"], cwd=tmp_path, stdin=subprocess.PIPE) as bystander:
        assert dispose(tmp_path)
        assert bystander.poll() is None
        bystander.kill()
