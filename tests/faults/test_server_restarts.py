"""The server is restarted, or its replica takes over, in the middle of a step: `resume` goes on where it was."""

from collections.abc import Callable

import pytest

from migrator.errors import DatabaseFailed, OutcomeUnknown
from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.sandbox.cluster import Cluster
from migrator.state.store import Store
from tests.fix_app import Shop, make_shop
from tests.fix_server import Database, wait_until
from tests.phases.looking import scalar, users_parts
from tests.phases.scenes import INDEX, NICK, idle_in_transaction, in_background

pytestmark = pytest.mark.replica


@pytest.fixture
def private_shop(private_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(private_database, tmp_path_factory.mktemp("shop"))


def _state_of_step(shop: Shop) -> str:
    with connect(shop.dsn) as connection:
        return Store(connection, "test").all_steps("m")[0].state


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restarted_while_a_strong_step_waits(private_server: Cluster, private_shop: Shop, mode: str) -> None:
    migration = private_shop.write("m", expand=NICK)

    def restart(event: Event) -> None:
        if event.kind is EventKind.LOCK_RETRY and event.data["attempt"] == 1:
            private_server.primary.restart("fast" if mode == "fast" else "immediate")

    with connect(private_shop.dsn, application_name="shop/report") as reader:
        reader.execute("BEGIN; SELECT count(*) FROM users")
        with pytest.raises(DatabaseFailed) as caught:
            private_shop.engine(restart).expand(migration)
        reader.close()
    assert not isinstance(caught.value, OutcomeUnknown), "a step in a transaction is as if it had not begun"
    assert _state_of_step(private_shop) == "running"
    assert private_shop.engine().resume(migration).after.value == "expanded"
    with connect(private_shop.dsn) as connection:
        assert "nick" in users_parts(connection)["columns"]


def _build_interrupted_by(shop: Shop, act: Callable[[], None]) -> None:
    """Run an index build, and `act` while it waits for an old snapshot."""
    migration = shop.write("m", expand=INDEX)
    with idle_in_transaction(shop, "SELECT count(*) FROM orders") as reader, connect(shop.dsn) as watcher:

        def run() -> None:
            with pytest.raises(OutcomeUnknown, match="CREATE INDEX") as caught:
                shop.engine().expand(migration)
            assert "asks the catalog what happened" in caught.value.todo

        with in_background(run):
            waiting = "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'"
            wait_until(lambda: scalar(watcher, waiting) > 0, "the build to wait")
            act()
        reader.close()


def test_restarted_in_an_index_build(private_server: Cluster, private_shop: Shop) -> None:
    _build_interrupted_by(private_shop, lambda: private_server.primary.restart("immediate"))
    assert _state_of_step(private_shop) == "running"
    with connect(private_shop.dsn) as connection:
        assert "users_name_idx INVALID" in users_parts(connection)["indexes"]
        assert private_shop.engine().resume(private_shop.migration("m")).after.value == "expanded"
        assert "users_name_idx" in users_parts(connection)["indexes"]


def test_failed_over_in_an_index_build(private_server: Cluster, private_shop: Shop, private_database: Database) -> None:
    replica = private_server.replicas[0]

    def fail_over() -> None:
        private_server.wait_caught_up()
        private_server.primary.kill()
        replica.promote()

    _build_interrupted_by(private_shop, fail_over)
    promoted = Shop(private_database.replica_dsn, private_shop.migrations)
    assert _state_of_step(promoted) == "running", "the record of the intent was replicated"
    assert promoted.engine().resume(promoted.migration("m")).after.value == "expanded"
    with connect(promoted.dsn) as connection:
        assert "users_name_idx" in users_parts(connection)["indexes"]
        assert not scalar(connection, "SELECT pg_is_in_recovery()")
