"""A private PostgreSQL: one primary and its streaming replicas, as a context manager that leaves nothing behind.

Used by the demo, by rehearsals, by `migrator sandbox` and by the tests. Everything lies in one directory that only
the servers' user may enter; `watcher` removes it when the owner ends, in whatever way.
"""

import hashlib
import hmac
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from base64 import b64encode
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path
from types import TracebackType
from typing import Self

from migrator.clock import Clock, SystemClock
from migrator.errors import ConfigError
from migrator.pg.driver import sql
from migrator.sandbox import watcher
from migrator.sandbox.identity import Identity, server_identity
from migrator.sandbox.programs import Programs, choose_programs, enterable
from migrator.sandbox.replica import Replica
from migrator.sandbox.server import SUPERUSER, Home, Server

DIRECTORY_PREFIX = "migrator-sandbox-"

MOST_REPLICAS = 8
"""Bounded by max_wal_senders in init/server.conf: a replica that is being copied uses two."""

_SOCKET_PATH_LIMIT = 80
"""Unix sockets have 107 bytes at most; `/sockets/.s.PGSQL.12345` comes after the directory."""

_PORTS = range(15000, 32000)
"""Below the range from which systems give local ports to clients: a stopped server finds its port free again."""


class Cluster:
    """A primary and `replicas` streaming replicas, up inside the `with` block and gone after it."""

    def __init__(self, programs: Programs | None = None, replicas: int = 1, clock: Clock | None = None) -> None:
        if not 0 <= replicas <= MOST_REPLICAS:
            raise ConfigError(f"A sandbox has 0 to {MOST_REPLICAS} replicas, not {replicas}.")
        self.programs = programs or choose_programs()
        self.directory = Path()
        self.primary: Server
        self.replicas: tuple[Replica, ...] = ()
        self._count = replicas
        self._is_detached = False
        self._clock = clock or SystemClock()
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._build()
        except BaseException:  # also Ctrl-C: __exit__ is not called when __enter__ does not return
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the servers and remove the directory; may be called twice."""
        self._end_watcher(b"")
        if self.directory != Path() and not self._is_detached:
            watcher.dispose(self.directory)  # for the case that the watcher itself was killed

    def detach(self) -> None:
        """Let the servers live on after this process; `watcher.dispose(directory)` removes them later."""
        self._is_detached = True
        self._end_watcher(watcher.KEEP)

    def wait_caught_up(self, timeout_seconds: float = 30) -> None:
        """Return when every replica has applied all that the primary has written until now."""
        if not self.replicas:
            return
        with self.primary.session() as connection:
            row = connection.execute("SELECT pg_current_wal_flush_lsn()::text AS position").fetchone()
        for replica in self.replicas:
            replica.wait_replayed(row["position"] if row else "", timeout_seconds)

    def create_database(self, name: str, template: str = "template1") -> None:
        """Create a database as a copy of another, which nobody may be connected to."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with self.primary.session() as connection:
            connection.execute(statement)

    def drop_database(self, name: str) -> None:
        """Drop a database and end the sessions in it."""
        with self.primary.session() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _build(self) -> None:
        identity = server_identity()
        self.directory = _new_path(identity)
        self._start_watcher()
        self.directory.mkdir(mode=0o700)
        identity.own(self.directory, 0o700)
        programs = enterable(self.programs, identity, self.directory)
        home = Home(self.directory, programs, identity, secrets.token_hex(12), self._clock)
        _lay_out(home)
        self.primary = _create_primary(home, self._count)
        self.replicas = tuple(_create_replica(home, self.primary, n) for n in range(1, self._count + 1))
        self.wait_caught_up()

    def _start_watcher(self) -> None:
        """Start it before the directory exists, so that there is no moment in which a crash leaves one."""
        self._watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", watcher.__file__, self.directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # Ctrl-C on the terminal ends our process group, and must not end it
        )

    def _end_watcher(self, message: bytes) -> None:
        if self._watcher is not None and self._watcher.stdin is not None:
            with suppress(BrokenPipeError):
                self._watcher.stdin.write(message)
                self._watcher.stdin.close()
            self._watcher.wait()
            self._watcher = None


def _new_path(identity: Identity) -> Path:
    """Return a path that does not exist, in a directory for temporary files which the servers' user may enter."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 the sandbox's own directory is 0700
        path = Path(parent).resolve() / f"{DIRECTORY_PREFIX}{secrets.token_hex(6)}"
        if len(str(path)) <= _SOCKET_PATH_LIMIT and _may_enter(identity, path.parent):
            return path
    raise ConfigError(
        f"User {identity.name} can enter no directory for temporary files with a short name.",
        "Set TMPDIR to a directory that every user may enter.",
    )


def _may_enter(identity: Identity, directory: Path) -> bool:
    with suppress(PermissionError, FileNotFoundError):
        return identity.run(["/bin/sh", "-c", ":"], cwd=directory, env={}).returncode == 0
    return False


def _lay_out(home: Home) -> None:
    """Make the folder of sockets and a copy of the init scripts, because ours may lie where the user cannot read."""
    home.sockets.mkdir()
    home.identity.own(home.sockets, 0o700)
    with as_file(files("migrator.sandbox") / "init") as source:
        shutil.copytree(source, home.directory / "init")
    for path in (home.directory / "init", *(home.directory / "init").iterdir()):
        home.identity.own(path, 0o700)


def _create_primary(home: Home, replicas: int) -> Server:
    primary = Server(home, "primary", _free_port())
    secret = home.directory / "password"
    secret.write_text(_verifier(home.password))
    home.identity.own(secret, 0o600)
    home.run(
        home.programs.path("initdb"),
        *("--pgdata", primary.data, "--username", SUPERUSER, "--pwfile", secret, "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
    )
    secret.unlink()
    init = home.directory / "init"
    home.run("/bin/sh", init / "settings.sh", PGDATA=str(primary.data), SANDBOX_INIT=str(init))
    with (primary.data / "postgresql.conf").open("a") as settings:
        settings.write("include = 'sandbox.conf'\n")
    primary.configure()
    primary.start()
    access = {"PGHOST": str(home.sockets), "PGPORT": str(primary.port), "PGPASSWORD": home.password}
    home.run("/bin/sh", init / "primary.sh", REPLICATION_PASSWORD=home.password, REPLICAS=str(replicas), **access)
    return primary


def _verifier(password: str) -> str:
    """Return what the server keeps of the password, hashed once instead of 4096 times (format: pg_authid).

    The rounds slow down guessing. This password is 96 random bits, which nobody guesses, and each connection would
    pay for them with 10 ms on both sides.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256$1:{_base64(salt)}${_base64(stored)}:{_base64(server)}"


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


def _create_replica(home: Home, primary: Server, number: int) -> Replica:
    replica = Replica(home, f"replica{number}", _free_port())
    home.run(
        *("/bin/sh", home.directory / "init" / "replica.sh", "true"),
        PGDATA=str(replica.data),
        PRIMARY_HOST="127.0.0.1",
        PRIMARY_PORT=str(primary.port),
        REPLICATION_PASSWORD=home.password,
        REPLICA_NAME=replica.name,
    )
    replica.configure()
    replica.start()
    return replica


def _free_port() -> int:
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
