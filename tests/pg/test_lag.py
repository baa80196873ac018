"""The lag of real replicas, as it is: not what the server itself reports of one that hangs."""

import os
import signal

import pytest

from migrator.clock import SystemClock
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import make_conninfo, sql
from migrator.pg.lag import LagMeter
from migrator.sandbox.cluster import Cluster
from migrator.sandbox.programs import choose_programs
from tests.backfill.test_throttles import write
from tests.fix_server import Database, wait_until

pytestmark = pytest.mark.replica


def test_an_idle_primary_has_no_lag(connection: Connection) -> None:
    meter = LagMeter(SystemClock())
    wait_until(lambda: all(lag.seconds == 0 for lag in meter.measure(connection).replicas), "the replica is caught up")
    connection.execute("SELECT pg_switch_wal()")
    wait_until(lambda: all(lag.bytes_behind == 0 for lag in meter.measure(connection).replicas), "it has caught up")
    [replica] = meter.measure(connection).replicas
    assert (replica.seconds, replica.is_exact, replica.state) == (0.0, True, "streaming")


def test_a_hung_replica_is_seen_although_it_reports_no_lag(database: Database, connection: Connection) -> None:
    """Its `replay_lag` stays frozen at some milliseconds for as long as it hangs; the server's own view is wrong."""
    meter = LagMeter(SystemClock())
    wait_until(lambda: meter.measure(connection).replicas[0].bytes_behind == 0, "the replica has caught up")
    with database.server.replicas[0].session() as replica:
        row = replica.execute("SELECT pid FROM pg_stat_wal_receiver").fetchone()
    assert row
    os.kill(row["pid"], signal.SIGSTOP)
    try:
        write(connection)
        wait_until(lambda: meter.measure(connection).replicas[0].seconds > 1, "the meter sees a second of lag")
        reported = connection.execute("SELECT coalesce(replay_lag, '0') < '0.5 s' AS small FROM pg_stat_replication")
        assert reported.fetchall() == [{"small": True}]
    finally:
        os.kill(row["pid"], signal.SIGCONT)
    wait_until(lambda: meter.measure(connection).replicas[0].bytes_behind == 0, "the replica has caught up")


def test_a_second_replica_of_one_name_has_a_name_of_its_own() -> None:
    with Cluster(choose_programs(), replicas=2) as cluster:
        for replica in cluster.replicas:
            with replica.session() as session:
                session.execute("ALTER SYSTEM SET cluster_name = 'same'")
                row = session.execute("SELECT current_setting('primary_conninfo') AS conninfo").fetchone()
                assert row
                conninfo = make_conninfo(row["conninfo"], application_name="same")
                change = sql.SQL("ALTER SYSTEM SET primary_conninfo = {}").format(sql.Literal(conninfo))
                session.execute(change)
            replica.restart()
        with connect(cluster.primary.dsn) as connection:
            meter = LagMeter(SystemClock())
            wait_until(lambda: len(meter.measure(connection).replicas) == 2, "both are connected")
            assert [lag.name for lag in meter.measure(connection).replicas] == ["same", "same#2"]


def test_on_a_replica_lag_cannot_be_measured(one_database: Database) -> None:
    with connect(one_database.replica_dsn) as replica:
        assert "is a replica itself" in LagMeter(SystemClock()).measure(replica).problem
