"""One running PostgreSQL of a sandbox: start, stop, restart, kill; where it listens and how to connect.

Made by `cluster`; `replica` adds what only a replica can do. Servers listen on 127.0.0.1 and on a socket in the
sandbox's private directory, nowhere else, and every connection needs the random password.
"""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from migrator.clock import Clock
from migrator.errors import DatabaseFailed
from migrator.pg.connection import Connection, connect
from migrator.sandbox import watcher
from migrator.sandbox.identity import Identity
from migrator.sandbox.programs import Programs, environment

SUPERUSER = "postgres"
StopMode = Literal["smart", "fast", "immediate"]

_LOG_TAIL_LINES = 12
_POLL_SECONDS = 0.02
_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Home:
    """What all servers of one sandbox share: the private directory, the programs, the user, the password."""

    directory: Path
    programs: Programs
    identity: Identity
    password: str
    clock: Clock

    @property
    def sockets(self) -> Path:
        """Return the directory of the servers' sockets."""
        return self.directory / "sockets"

    def run(self, *command: str | Path, **extra: str) -> None:
        """Run a program or script of the sandbox as the servers' user; `extra` is added to its environment.

        Raises:
            DatabaseFailed: it ended with an error; the message holds what it said.
        """
        env = environment(self.programs, self.directory) | extra
        answer = self.identity.run(command, cwd=self.directory, env=env)
        if answer.returncode != 0:
            said = _tail(answer.stderr or answer.stdout)
            raise DatabaseFailed(f"{Path(command[0]).name} failed in the sandbox: {said}", returncode=answer.returncode)


class Server:
    """One server of a sandbox: its data directory `<name>/`, its log `<name>.log`, its port."""

    def __init__(self, home: Home, name: str, port: int) -> None:
        self.home = home
        self.name = name
        self.port = port
        self.data = home.directory / name
        self.log = home.directory / f"{name}.log"

    @property
    def dsn(self) -> str:
        """Return the connection string of the superuser in the database `postgres`, for any client on this machine."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return the connection string for another database, and for another user with its password."""
        secret = self.home.password if password is None else password
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    @property
    def is_running(self) -> bool:
        """Return whether the server's main process is alive (it may be starting or stopping)."""
        try:
            return _is_alive(self._main_process())
        except FileNotFoundError:
            return False  # a server removes its pid file when it has stopped

    def configure(self) -> None:
        """Write the settings that are this server's own: where it listens."""
        settings = (
            "listen_addresses = '127.0.0.1'\n"
            f"port = {self.port}\n"
            f"unix_socket_directories = '{self.home.sockets}'\n"
            "unix_socket_permissions = 0700\n"
        )
        path = self.data / "sandbox.conf"
        path.write_text(settings)
        self.home.identity.own(path, 0o600)

    def start(self) -> None:
        """Start the server and return when it answers.

        Raises:
            DatabaseFailed: it did not start; the message holds the end of its log.
        """
        until = self.home.clock.monotonic() + _START_SECONDS
        while not self._is_launched(until):
            self.home.clock.wait(_POLL_SECONDS * 10, f"the killed {self.name}'s processes to end")
        # pg_ctl counts a replica as started before it lets anybody in: it first reaches a consistent state.
        while not self._is_ready():
            if self.home.clock.monotonic() > until:
                raise DatabaseFailed(f"The sandbox's {self.name} started and lets nobody in: {self.log_tail()}")
            self.home.clock.wait(_POLL_SECONDS, f"{self.name} to accept connections")

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server and return when it is down; a stopped server stays stopped."""
        if self.is_running:
            self._control("stop", "--mode", mode, "--wait", "--timeout", "60")

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop and start the server."""
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """End the server and its backends with kill -9, as a power failure does."""
        main = self._main_process()
        os.kill(main, signal.SIGSTOP)  # so that it neither starts more backends nor tells them anything
        processes = (*_children(main), main)
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(map(_is_alive, processes)):
            self.home.clock.wait(_POLL_SECONDS, f"{self.name} to end after kill -9")
        # An ended process that nobody collects keeps its number, and the next start would take it for running.
        watcher.free_shared_memory(self.data / "postmaster.pid")
        for lock in (self.data / "postmaster.pid", *self.home.sockets.glob(f".s.PGSQL.{self.port}*")):
            lock.unlink()

    def _main_process(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])

    @contextmanager
    def session(self, database: str = "postgres") -> Generator[Connection]:
        """Open a superuser's autocommit session for the time of a `with` block."""
        with connect(self.dsn_of(database), application_name="migrator-sandbox") as connection:
            yield connection

    def log_tail(self) -> str:
        """Return the last lines of the server's log."""
        return _tail(self.log.read_text(errors="replace")) if self.log.exists() else "(no log)"

    def _is_launched(self, until: float) -> bool:
        """Launch it; False means that backends of the killed server still hold its memory, and to try again."""
        try:
            self._control("start", "--log", str(self.log), "--wait", "--timeout", str(_START_SECONDS))
        except DatabaseFailed:
            is_late = self.home.clock.monotonic() > until
            if is_late or "pre-existing shared memory block" not in self.log_tail():
                raise
            return False
        return True

    def _is_ready(self) -> bool:
        command = self.home.programs.path("pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(self.port)
        env = environment(self.home.programs, self.home.directory)
        return self.home.identity.run(command, cwd=self.home.directory, env=env).returncode == 0

    def _control(self, action: str, *options: str) -> None:
        try:
            self.home.run(self.home.programs.path("pg_ctl"), action, "--pgdata", self.data, "--silent", *options)
        except DatabaseFailed as exc:
            raise DatabaseFailed(f"The sandbox's {self.name} did not {action}: {self.log_tail()}") from exc


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_LOG_TAIL_LINES:]) or "(it said nothing)"


def _children(pid: int) -> list[int]:
    """Return the direct children of a process; none where the system has no /proc."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _is_alive(pid: int) -> bool:
    """Return whether the process runs; one that ended but was not collected by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not Path("/proc/self/stat").exists()
