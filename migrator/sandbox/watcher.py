"""Removes a sandbox when its owner is gone, however it went: return, exception, Ctrl-C, kill -9.

`cluster` starts this file as a program (`python -I -S watcher.py DIRECTORY`) and holds the other end of its standard
input. When that closes, the owner has ended: the watcher stops the servers and removes the directory. One byte `k`
(keep) before the end lets a detached sandbox live on. It must start in milliseconds and work while the owner's
environment is being deleted, so it imports nothing of migrator.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

KEEP = b"k"
_PROGRAMS = frozenset(("initdb", "pg_basebackup", "pg_ctl", "pg_isready", "postgres", "psql"))
"""What may be stopped: never the shell of a person who looks around in the directory."""

_POLL_SECONDS = 0.02
_IMMEDIATE_SECONDS = 6.0
"""PostgreSQL's postmaster kills backends that ignore an immediate shutdown after 5 s; then it is our turn."""


def main() -> None:
    """Wait for the owner's end, then remove the directory named on the command line."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if not sys.stdin.buffer.read().startswith(KEEP):
        dispose(Path(sys.argv[1]))


def dispose(directory: Path, limit_seconds: float = 30.0) -> bool:
    """Stop every process that lives in the directory, remove it, and return whether it is gone.

    Repeated until it is: a program that the owner had just started may still be creating files.
    """
    deadline = time.monotonic() + limit_seconds
    while directory.exists() and time.monotonic() < deadline:
        _stop_processes(directory)
        for pid_file in directory.glob("*/postmaster.pid"):
            free_shared_memory(pid_file)
        shutil.rmtree(directory, ignore_errors=True)
        _stop_processes(directory)
    return not directory.exists()


def _stop_processes(directory: Path) -> None:
    """Shut servers down immediately, which frees what they hold of the system; kill what is left, and the others."""
    deadline = time.monotonic() + _IMMEDIATE_SECONDS
    asked: set[int] = set()
    while living := set(_living_in(directory)):
        is_late = time.monotonic() > deadline
        for pid in living if is_late else living - asked:
            _signal(pid, signal.SIGQUIT if _is_server(pid) and not is_late else signal.SIGKILL)
        asked |= living
        if is_late and time.monotonic() > deadline + _IMMEDIATE_SECONDS:
            return
        time.sleep(_POLL_SECONDS)  # noqa: TID251 this program stands alone; there is no Clock and nothing to stop it


def _living_in(directory: Path) -> Iterator[int]:
    """Yield the server's programs that work in the directory: those of a sandbox are all started inside it."""
    if not Path("/proc/self/cwd").exists():
        yield from _servers_by_pid_file(directory)
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):  # ended meanwhile, or another user's
                if (entry / "cwd").readlink().is_relative_to(directory) and _program(entry) in _PROGRAMS:
                    yield int(entry.name)


def _servers_by_pid_file(directory: Path) -> Iterator[int]:
    """Yield the servers where the system has no /proc (macOS)."""
    for pid_file in directory.glob("*/postmaster.pid"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            os.kill(pid, 0)
            yield pid


def _program(process: Path) -> str:
    """Return the name of a process's program; a removed file is shown as "postgres (deleted)"."""
    return (process / "exe").readlink().name.removesuffix(" (deleted)")


def _is_server(pid: int) -> bool:
    try:
        return _program(Path(f"/proc/{pid}")) == "postgres"
    except OSError:
        return True  # no /proc: only servers were found


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def free_shared_memory(pid_file: Path) -> None:
    """Remove the System V segment of a server that was killed; line 7 of its pid file is "key id"."""
    with contextlib.suppress(OSError, ValueError, IndexError, AttributeError):
        identifier = int(pid_file.read_text().splitlines()[6].split()[1])
        ctypes.CDLL(None).shmctl(identifier, 0, None)  # 0 is IPC_RMID


if __name__ == "__main__":
    main()
