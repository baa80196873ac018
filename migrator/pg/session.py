"""The session that runs DDL, with the runner's lock on it and an observer beside it.

The lock is a *session* advisory lock on the connection that runs the statements: when the client is killed while
the server works on, the orphaned backend keeps other runners out. It is only ever tried, never waited for inside
the server: a blocked waiter holds a snapshot, and CREATE INDEX CONCURRENTLY of the holder would wait for it.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from migrator.clock import Clock
from migrator.errors import LeaseHeld, PoolerInBetween, Refused
from migrator.pg.connection import connect
from migrator.pg.driver import Connection, DatabaseError, Row
from migrator.pg.observer import Observer
from migrator.pg.queries import query

_POLL_SECONDS = 0.2
_DDL_KEY = "migrator: ddl"
_NO_ROW: Row = {}
_HELD = (
    "Wait for it, or stop it first. Is its process dead, then the server still works for it: "
    "`migrator reconcile ID --cancel-orphan` ends that."
)


@dataclass(frozen=True, slots=True)
class DdlSession:
    """`connection` runs statements and holds the locks; `observer` looks at it from outside."""

    connection: Connection
    observer: Observer
    migration: str
    clock: Clock
    runner_wait_seconds: float

    @property
    def pid(self) -> int:
        """The server process of `connection`."""
        return self.connection.info.backend_pid

    def name_step(self, step: str) -> None:
        """Show in pg_stat_activity what is running: `migrator/<migration>/<step>`, cut by the server at 63 bytes."""
        name = f"migrator/{self.migration}/{step}".encode()[:63].decode(errors="ignore")
        self.connection.execute(query("session.set_session"), {"name": "application_name", "value": name})

    @contextmanager
    def ddl_turn(self) -> Generator[None]:
        """Hold the database-wide turn for DDL: phases of different migrations do not run statements at once."""
        _take(self.connection, _DDL_KEY, self.clock, self.runner_wait_seconds, "running DDL in this database")
        try:
            yield
        finally:
            _release(self.connection, _DDL_KEY)


@contextmanager
def open_session(dsn: str, migration: str, clock: Clock, runner_wait_seconds: float) -> Generator[DdlSession]:
    """Open the session, refuse poolers and replicas, and take the lock of this migration's runner.

    Raises:
        PoolerInBetween: session locks would not hold.
        LeaseHeld: another runner works on this migration; who, is in the message.
        Refused: the server is a replica.
    """
    connection = connect(dsn, application_name=f"migrator/{migration}")
    try:
        refuse_pooler(connection)
        observer = Observer(lambda: connect(dsn, application_name="migrator/observer"))
        try:
            _take(connection, migration, clock, runner_wait_seconds, f"at work on {migration}")
            yield DdlSession(connection, observer, migration, clock, runner_wait_seconds)
        finally:
            observer.close()
    finally:
        connection.close()


def is_running(connection: Connection, migration: str) -> bool:
    """Return whether a runner works on the migration at this moment."""
    return connection.execute(query("session.holder"), {"key": migration}).fetchone() is not None


def refuse_pooler(connection: Connection) -> None:
    """Raise when the backend is not the one that the protocol announced, is a replica, or is not to be written to.

    A pooler invents the process id that it tells the client (for cancel requests), so the two differ behind
    PgBouncer, Odyssey and pgcat in every pool mode; on a direct connection they are equal.
    """
    row = connection.execute(query("session.identity")).fetchone() or _NO_ROW
    if row.get("pid") != connection.info.backend_pid:
        raise PoolerInBetween(
            "A connection pooler stands between migrator and the server: session locks and settings would be lost or "
            "leak into the application's sessions.",
            "Connect to the server itself (its own host and port) with --dsn.",
        )
    if row.get("in_recovery"):
        raise Refused("This server is a replica: it accepts no changes.", "Connect to the primary with --dsn.")
    if row.get("read_only"):
        raise Refused(
            f"Transactions of role {row['role']} are read-only in this database: default_transaction_read_only is on.",
            "Connect as the role that changes the schema, or allow it for this command: "
            "options=-cdefault_transaction_read_only=off in the connection string.",
        )


def _take(connection: Connection, key: str, clock: Clock, wait_seconds: float, doing: str) -> None:
    deadline = clock.monotonic() + wait_seconds
    while not _try(connection, key):
        if clock.monotonic() >= deadline:
            raise LeaseHeld(f"Another runner is {doing}{_holder(connection, key)}.", _HELD)
        clock.wait(_POLL_SECONDS, f"another runner is {doing}")


def _try(connection: Connection, key: str) -> bool:
    row = connection.execute(query("session.try_lock"), {"key": key}).fetchone()
    return bool(row and row["got"])


def _holder(connection: Connection, key: str) -> str:
    row = connection.execute(query("session.holder"), {"key": key}).fetchone()
    if row is None:
        return ""
    # Of other roles' sessions the server shows the rest only to pg_read_all_stats.
    seen = "" if row["state"] is None else f", connected {row['age_seconds']:.0f} s ago, {row['state']}"
    return f" (pid {row['pid']}, {row['application_name']}{seen})"


def _release(connection: Connection, key: str) -> None:
    try:
        connection.execute(query("session.unlock"), {"key": key})
    except DatabaseError:
        connection.close()  # a lost or broken session has lost the lock as well; make sure of it
