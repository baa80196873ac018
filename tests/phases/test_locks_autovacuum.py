"""A vacuum on the table: a plain one yields to the ladder's long rungs, one against wraparound is never waited out."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from migrator.errors import LockBudgetSpent
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from tests.fix_app import Shop, make_shop
from tests.fix_server import Database, wait_until
from tests.phases.looking import scalar, users_parts
from tests.phases.scenes import NICK

WORKER = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND query LIKE %s"


@pytest.fixture
def private_shop(private_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(private_database, tmp_path_factory.mktemp("shop"))


@contextmanager
def _slow_autovacuum(server: Cluster, shop: Shop, *, is_forced: bool) -> Generator[Connection]:
    """Make the server vacuum users, so slowly that it does not end while the block runs."""
    with server.primary.session() as admin:
        for text in ("autovacuum_naptime = '1s'", "autovacuum_freeze_max_age = 100000"):
            admin.execute(f"ALTER SYSTEM SET {text}".encode())
    server.primary.restart()
    slow = "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"
    with connect(shop.dsn) as connection:
        connection.execute(
            "INSERT INTO users (id, email, name) SELECT n, n || '@x', repeat('x', 500) "
            "FROM generate_series(100001, 104000) n"
        )
        threshold = 1000000 if is_forced else 10
        connection.execute(f"ALTER TABLE users SET ({slow}, autovacuum_vacuum_threshold = {threshold})".encode())
        if is_forced:
            _burn_transactions(connection, 101000)
        else:
            connection.execute("UPDATE users SET visits = visits + 1")
            connection.execute("SELECT pg_stat_force_next_flush()")  # a session that is never idle may wait a minute
        wanted = "%users%wraparound%" if is_forced else "autovacuum: VACUUM%users"
        wait_until(lambda: scalar(connection, WORKER, wanted) > 0, "the autovacuum of users", 60)
        yield connection


def _burn_transactions(connection: Connection, count: int) -> None:
    """Let the table's oldest transaction be so old that a vacuum is forced."""
    burn = f"FOR n IN 1..{count} LOOP PERFORM txid_current(); COMMIT; END LOOP;"
    connection.execute(f"DO $$ BEGIN {burn} END $$".encode())


def test_a_plain_one_yields(private_server: Cluster, private_shop: Shop) -> None:
    """It yields when our wait outlasts deadlock_timeout (1 s): shorter tries alone would starve behind it."""
    migration = private_shop.write("m", expand=NICK)
    with _slow_autovacuum(private_server, private_shop, is_forced=False) as connection:
        assert private_shop.engine().expand(migration).after.value == "expanded"
        assert "nick" in users_parts(connection)["columns"]
    waits = [e.data["lock_timeout_seconds"] for e in private_shop.heard if e.kind is EventKind.LOCK_WAITING]
    assert waits == [0.1, 0.1, 0.2, 0.4, 1.2]


def test_one_against_wraparound_ends_the_step_at_once_with_advice(private_server: Cluster, private_shop: Shop) -> None:
    migration = private_shop.write("m", expand=NICK)
    with _slow_autovacuum(private_server, private_shop, is_forced=True):
        engine = private_shop.engine(
            budget=timedelta(minutes=10), on_blocked="cancel", cancel_applications=("*",), cancel_roles=("*",)
        )
        with pytest.raises(LockBudgetSpent, match="there is a vacuum that prevents wraparound on users") as caught:
            engine.expand(migration)
    assert "pg_stat_progress_vacuum" in caught.value.todo
    assert EventKind.LOCK_WAITING not in private_shop.kinds()
    assert EventKind.BLOCKER_CANCELLED not in private_shop.kinds()
