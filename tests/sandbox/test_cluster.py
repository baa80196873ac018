"""A cluster streams, lags when asked to, survives faults, and is gone afterwards."""

import pytest

from migrator.errors import ConfigError, DatabaseFailed
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError
from migrator.sandbox.cluster import Cluster
from tests.fix_server import Database

pytestmark = pytest.mark.replica


def _scalar(connection: Connection, query: bytes) -> object:
    row = connection.execute(query).fetchone()
    assert row is not None
    return next(iter(row.values()))


def test_replica_streams_through_its_slot_under_its_name(database: Database) -> None:
    server = database.server
    with server.primary.session() as primary:
        assert _scalar(primary, b"SELECT application_name FROM pg_stat_replication") == "replica1"
        assert _scalar(primary, b"SELECT active FROM pg_replication_slots WHERE slot_name = 'replica1'") is True
    with server.replicas[0].session() as replica:
        assert _scalar(replica, b"SELECT pg_is_in_recovery()") is True


def test_version_is_the_one_asked_for(server: Cluster, connection: Connection) -> None:
    assert connection.info.server_version // 10000 == server.programs.major


@pytest.mark.parametrize(
    ("setting", "value"),
    [("wal_level", "logical"), ("full_page_writes", "on"), ("max_prepared_transactions", "5"), ("autovacuum", "on")],
)
def test_settings_come_from_the_shared_file(connection: Connection, setting: str, value: str) -> None:
    row = connection.execute("SELECT current_setting(%s) AS value", (setting,)).fetchone()
    assert row == {"value": value}


def test_servers_listen_on_loopback_only_and_ask_for_the_password(server: Cluster) -> None:
    with server.primary.session() as primary:
        assert _scalar(primary, b"SHOW listen_addresses") == "127.0.0.1"
    with pytest.raises(DatabaseFailed, match="password authentication failed"):
        connect(server.primary.dsn_of("postgres", password="wrong"))


def test_server_user_is_not_root(server: Cluster) -> None:
    assert (server.primary.data / "postgresql.conf").stat().st_uid != 0
    assert server.directory.stat().st_mode & 0o777 == 0o700


def test_written_rows_arrive_on_the_replica(database: Database, connection: Connection) -> None:
    connection.execute("CREATE TABLE arrived AS SELECT 1 AS a")
    database.server.wait_caught_up()
    with connect(database.replica_dsn) as replica:
        assert _scalar(replica, b"SELECT a FROM arrived") == 1


def test_paused_replay_is_true_lag_and_ends_with_resume(database: Database, connection: Connection) -> None:
    replica = database.server.replicas[0]
    replica.pause_replay()
    connection.execute("CREATE TABLE late ()")
    with pytest.raises(DatabaseFailed, match="did not reach replay of"):
        database.server.wait_caught_up(timeout_seconds=0.2)
    replica.resume_replay()
    database.server.wait_caught_up()


def test_delayed_replay_is_true_lag_and_ends_with_zero(database: Database, connection: Connection) -> None:
    replica = database.server.replicas[0]
    replica.delay_replay(600)
    with replica.session() as session:
        assert _scalar(session, b"SHOW recovery_min_apply_delay") == "10min"
    connection.execute("CREATE TABLE late ()")
    with pytest.raises(DatabaseFailed, match="did not reach replay of"):
        database.server.wait_caught_up(timeout_seconds=0.2)
    replica.delay_replay(0)
    database.server.wait_caught_up()


def test_each_test_has_a_database_of_its_own(one_database: Database, one_connection: Connection) -> None:
    assert _scalar(one_connection, b"SELECT current_database()") == one_database.name
    assert _scalar(one_connection, b"SELECT count(*) FROM pg_class WHERE relname = 'mark_of_a_test'") == 0
    one_connection.execute("CREATE TABLE mark_of_a_test ()")


test_each_test_has_a_database_of_its_own_again = test_each_test_has_a_database_of_its_own


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restarted_primary_keeps_committed_rows_and_its_replica(
    private_server: Cluster, private_database: Database, mode: str
) -> None:
    with connect(private_database.dsn) as session:
        session.execute("CREATE TABLE kept AS SELECT 1 AS a")
    private_server.primary.restart("immediate" if mode == "immediate" else "fast")
    private_server.wait_caught_up()
    with connect(private_database.replica_dsn) as session:
        assert _scalar(session, b"SELECT a FROM kept") == 1


def test_stopped_server_refuses_and_answers_after_start(private_server: Cluster) -> None:
    for node in (private_server.replicas[0], private_server.primary):
        node.stop()
        assert not node.is_running
        with pytest.raises(DatabaseFailed, match="Connection refused"):
            connect(node.dsn)
        node.start()
        assert node.is_running
    private_server.wait_caught_up()


def test_killed_servers_come_back(private_server: Cluster) -> None:
    for node in (private_server.primary, private_server.replicas[0]):
        with node.session() as session:
            node.kill()
            with pytest.raises(DatabaseError, match="server closed the connection"):
                session.execute("SELECT 1")
        assert not node.is_running
        node.start()
    private_server.wait_caught_up()


def test_promoted_replica_accepts_writes(private_server: Cluster) -> None:
    private_server.replicas[0].promote()
    with private_server.replicas[0].session() as session:
        session.execute("CREATE TABLE written_here ()")


def test_more_replicas_and_none() -> None:
    with Cluster(replicas=2) as cluster:
        assert [replica.name for replica in cluster.replicas] == ["replica1", "replica2"]
        with cluster.primary.session() as primary:
            assert _scalar(primary, b"SELECT count(*) FROM pg_stat_replication") == 2
    with Cluster(replicas=0) as cluster:
        assert cluster.replicas == ()
        cluster.wait_caught_up()


def test_number_of_replicas_is_bounded() -> None:
    with pytest.raises(ConfigError, match="0 to 8 replicas"):
        Cluster(replicas=9)


def test_start_that_fails_says_what_the_server_said(private_server: Cluster) -> None:
    private_server.primary.stop()
    with (private_server.primary.data / "postgresql.conf").open("a") as settings:
        settings.write("nonsense = on\n")
    with pytest.raises(DatabaseFailed, match="unrecognized configuration parameter"):
        private_server.primary.start()


def test_nothing_is_left_after_an_error_inside() -> None:
    cluster = Cluster(replicas=0)
    with pytest.raises(ZeroDivisionError), cluster:
        raise ZeroDivisionError
    assert cluster.directory.name.startswith("migrator-sandbox-")
    assert not cluster.directory.exists()
