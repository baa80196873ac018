"""A sidecar's heartbeat: says every few seconds that a version of a service is alive, until it is stopped.

Run by `migrator heartbeat` beside a program that cannot call `migrator.heartbeat` itself. It ends when the database
cannot be reached for a while, so that whoever started it sees that.
"""

import socket
from collections.abc import Collection
from dataclasses import dataclass

from migrator.clock import Clock
from migrator.errors import DatabaseFailed
from migrator.pg.connection import connect
from migrator.pg.driver import Connection, sql
from migrator.pg.failures import translated
from migrator.pg.queries import query

_MOST_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Sign:
    """What is said: which version of which service, and which of its instances."""

    service: str
    version: str
    instance: str = socket.gethostname()


def beat(connection: Connection, sign: Sign) -> None:
    """Say it once.

    Raises:
        DatabaseFailed: for example no right to call the function.
    """
    values = {"service": sign.service, "version": sign.version, "instance": sign.instance}
    with translated("The heartbeat"):
        connection.execute(query("deploys.beat", "migrator.deploys"), values)


def grant_heartbeat(connection: Connection, roles: Collection[str]) -> None:
    """Let only these roles call the function, instead of everybody who can connect.

    Raises:
        DatabaseFailed: there is no such role; nothing was changed.
    """
    function = sql.SQL("FUNCTION migrator.heartbeat(text, text, text)")
    whom = sql.SQL(", ").join(map(sql.Identifier, roles))
    with translated("Granting the heartbeat"), connection.transaction():
        connection.execute(sql.SQL("REVOKE EXECUTE ON {} FROM PUBLIC").format(function))
        connection.execute(sql.SQL("GRANT EXECUTE ON {} TO {}").format(function, whom))


def keep_beating(dsn: str, sign: Sign, interval_seconds: float, clock: Clock) -> None:
    """Say it every `interval_seconds` until the clock is stopped.

    Raises:
        Stopped: on request.
        DatabaseFailed: twenty attempts in a row failed.
    """
    failures = 0
    while True:
        try:
            with connect(dsn, application_name=f"migrator/heartbeat/{sign.service}") as connection:
                while True:
                    beat(connection, sign)
                    failures = 0
                    clock.wait(interval_seconds, "the next heartbeat")
        except DatabaseFailed:
            failures += 1
            if failures == _MOST_FAILURES:
                raise
        clock.wait(interval_seconds, "the database to answer again")


def beat_once(dsn: str, sign: Sign) -> None:
    """Say it once, in a session of its own."""
    with connect(dsn, application_name=f"migrator/heartbeat/{sign.service}") as connection:
        beat(connection, sign)
