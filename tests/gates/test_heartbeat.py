"""The sidecar's heartbeat, and who may call the function."""

import threading

import pytest

from migrator.clock import SystemClock
from migrator.deploys.heartbeat import Sign, beat_once, grant_heartbeat, keep_beating
from migrator.errors import DatabaseFailed, Stopped
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import errors
from tests.fix_server import Database
from tests.gates.asking import register, until

_SIGN = Sign("checkout", "1.42", "pod-a")


def last_seen(connection: Connection) -> object:
    row = connection.execute("SELECT last_seen FROM migrator.instance WHERE instance = 'pod-a'").fetchone()
    return row["last_seen"] if row else None


def test_a_sidecar_beats_until_it_is_stopped_also_after_its_session_was_ended(
    one_connection: Connection, one_database: Database
) -> None:
    register(one_connection)
    stop, ended = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            keep_beating(one_database.dsn, _SIGN, 0.05, SystemClock(stop))
        except Stopped as exc:
            ended.append(exc)

    sidecar = threading.Thread(target=run)
    sidecar.start()
    try:
        until(lambda: last_seen(one_connection) is not None, "the first heartbeat")
        first = last_seen(one_connection)
        until(lambda: last_seen(one_connection) != first, "the next heartbeat")
        killed = one_connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'migrator/heartbeat/checkout'"
        ).rowcount
        assert killed == 1
        then = last_seen(one_connection)
        until(lambda: last_seen(one_connection) != then, "a heartbeat in a new session")
    finally:
        stop.set()
        sidecar.join()
    assert len(ended) == 1


def test_only_the_granted_roles_may_call_it(one_connection: Connection, one_database: Database) -> None:
    register(one_connection)
    roles = [f"app_{one_database.name}", f"other_{one_database.name}"]
    one_connection.execute("; ".join(f"CREATE ROLE {role}" for role in roles).encode())
    try:
        grant_heartbeat(one_connection, roles[:1])
        with connect(one_database.dsn) as session:
            session.execute(f"SET ROLE {roles[0]}".encode())
            session.execute("SELECT migrator.heartbeat('checkout', '1')")
            session.execute(f"SET ROLE {roles[1]}".encode())
            with pytest.raises(errors.InsufficientPrivilege):
                session.execute("SELECT migrator.heartbeat('checkout', '1')")
        with pytest.raises(DatabaseFailed, match="does not exist"):
            grant_heartbeat(one_connection, ["nobody"])
    finally:
        one_connection.execute("; ".join(f"DROP OWNED BY {role}; DROP ROLE {role}" for role in roles).encode())


def test_one_heartbeat(one_connection: Connection, one_database: Database) -> None:
    register(one_connection)
    beat_once(one_database.dsn, _SIGN)
    assert last_seen(one_connection) is not None
