"""Replicas that are slow, hang, or lose their slot: noticed in time, told in words, and waited for."""

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import pytest

from migrator.backfill.throttles import replica_lag
from migrator.backfill.throttles.throttle import Reading, Throttle
from migrator.clock import SystemClock
from migrator.pg.connection import Connection
from migrator.sandbox.replica import Replica
from tests.backfill.holding import prepare, run_held
from tests.backfill.scenes import install_state
from tests.backfill.test_throttles import Make, context, replica_name
from tests.fix_server import Database, wait_until

pytestmark = pytest.mark.replica

__all__ = ["context"]


@contextmanager
def stopped(replica: Replica, process: str) -> Generator[None]:
    """Stop one of the replica's processes as a hung disk or network would."""
    with replica.session() as session:
        row = session.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = %s", [process]).fetchone()
    assert row
    os.kill(row["pid"], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(row["pid"], signal.SIGCONT)


def write(connection: Connection) -> None:
    connection.execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 2000000))")


def read_until_clear(throttle: Throttle) -> None:
    wait_until(lambda: not throttle.read().is_over, "the replica is there and caught up")


def test_a_hung_receiver_is_noticed_within_three_seconds(
    context: Make, database: Database, connection: Connection
) -> None:
    """By log that nobody replays at once, and by its silence after two seconds, however large the limit of lag is."""
    install_state(connection)
    given = context(database)
    given.pace.take({"max_lag": "1h"})
    throttle, clock = replica_lag.build(given), SystemClock()
    read_until_clear(throttle)
    with stopped(database.server.replicas[0], "walreceiver"):
        started = clock.monotonic()
        write(connection)
        seen: list[Reading] = []

        def is_held() -> bool:
            seen.append(throttle.read())
            return "answered nothing for" in seen[-1].reason

        wait_until(is_held, "it is noticed")
        assert clock.monotonic() - started <= 3
        assert seen[-1].is_over
        assert "it may hang" in seen[-1].reason
        reported = connection.execute("SELECT coalesce(replay_lag, '0') < '0.5 s' AS small FROM pg_stat_replication")
        assert reported.fetchall() == [{"small": True}], "the server's own figure would not tell"
    read_until_clear(throttle)


def test_a_replica_that_does_not_replay(database: Database, connection: Connection) -> None:
    prepare(connection)
    replica = database.server.replicas[0]
    replica.pause_replay()
    write(connection)
    run_held(database, connection, "replica-lag", "behind, over max_lag 300ms", replica.resume_replay, max_lag="300ms")


def test_a_startup_process_that_hangs(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    with ExitStack() as stack:
        stack.enter_context(stopped(one_database.server.replicas[0], "startup"))
        write(one_connection)
        reason = "behind, over max_lag 300ms"
        run_held(one_database, one_connection, "replica-lag", reason, stack.close, max_lag="300ms")


def test_a_replica_whose_slot_lost_its_log(
    context: Make, private_database: Database, private_connection: Connection
) -> None:
    install_state(private_connection)
    throttle = replica_lag.build(context(private_database))
    read_until_clear(throttle)
    name = replica_name(private_connection)
    private_database.server.replicas[0].stop()
    private_connection.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
    private_connection.execute("SELECT pg_reload_conf()")

    def is_lost() -> bool:
        private_connection.execute(
            "SELECT pg_logical_emit_message(true, 'test', repeat('x', 2000000)), pg_switch_wal()"
        )
        private_connection.execute("CHECKPOINT")
        rows = private_connection.execute("SELECT wal_status FROM pg_replication_slots").fetchall()
        return rows == [{"wal_status": "lost"}]

    wait_until(is_lost, "the slot has lost its log")
    reason = throttle.read().reason
    assert f"replica {name} is not connected" in reason
    assert "has lost its log: the replica must be made anew" in reason


def test_the_window_bounds_log_on_its_way(context: Make, one_database: Database, one_connection: Connection) -> None:
    """A replica that is far within `max_lag` holds a batch back when what it has to replay fills its window."""
    install_state(one_connection)
    replica = one_database.server.replicas[0]
    given = context(one_database)
    given.pace.take({"max_lag": "1h"})
    throttle = replica_lag.build(given)
    read_until_clear(throttle)
    replica.pause_replay()
    write(one_connection)
    clock = SystemClock()
    until = clock.monotonic() + 1.0
    seen: list[Reading] = []

    def is_full() -> bool:
        write(one_connection)
        seen.append(throttle.read())
        return "to replay, and replays" in seen[-1].reason

    try:
        wait_until(is_full, "its rate is known to be nothing, so nothing more fits")
        assert clock.monotonic() < until + 5
    finally:
        replica.resume_replay()
    read_until_clear(throttle)


def test_a_replica_of_the_run_that_is_stopped_is_waited_for(
    private_database: Database, private_connection: Connection
) -> None:
    prepare(private_connection)
    name, replica = replica_name(private_connection), private_database.server.replicas[0]
    private_connection.execute("INSERT INTO migrator.replica (name) VALUES (%s)", [name])
    replica.stop()
    reason = f"replica {name} is not connected"
    run_held(private_database, private_connection, "replica-lag", reason, replica.start)
