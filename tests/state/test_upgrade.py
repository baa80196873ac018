"""From the first version to this one: nothing is lost, and the tool of the first goes on working with the second."""

from pathlib import Path

import pytest

from migrator.pg.connection import Connection, connect
from migrator.phases.checksums import current
from migrator.sandbox.shop import load_shop
from migrator.state.install import install, installed_version, require_installed, upgrades
from migrator.state.store import Store
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.phases.scenes import NICK, with_every_phase

_BEFORE = upgrades()[:1]
_SECOND = upgrades()[:2]
_OLD_WRITES = (
    "INSERT INTO migrator.migration (id, state, manifest, contract_by) VALUES ('old', 'pending', '{}', NULL)",
    "UPDATE migrator.migration SET state = 'expanding', version = version + 1 WHERE id = 'old'",
    "INSERT INTO migrator.file (migration, name, sha256) VALUES ('old', 'expand.sql', 'x')",
    "INSERT INTO migrator.step VALUES ('old', 'expand', 1, 'n', 's', 'strong', 'running')",
    "UPDATE migrator.step SET state = 'failed' WHERE migration = 'old'",
    "INSERT INTO migrator.audit (actor, host, tool_version, action, detail) VALUES ('', '', '', '', '{}')",
    "INSERT INTO migrator.approval VALUES ('old', 'contract', 'a', 'c', 'r')",
    "INSERT INTO migrator.replica (name) VALUES ('r')",
    "SELECT id, state, version, manifest, expanded_at, migrated_at, sealed_at, contract_by FROM migrator.migration",
    "SELECT migrator.heartbeat('checkout', '1.0')",
)
"""What the first version's own queries do, as they stood in it."""


def test_from_empty_and_from_the_first_version_are_the_same(connection: Connection) -> None:
    def columns() -> list[tuple[str, str, str]]:
        rows = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'migrator'"
        )
        return sorted((row["table_name"], row["column_name"], row["data_type"]) for row in rows)

    install(connection)
    at_once = columns()
    connection.execute("DROP SCHEMA migrator CASCADE")
    assert install(connection, _BEFORE) == (0, 1)
    assert install(connection) == (1, len(upgrades()))
    assert columns() == at_once


@pytest.mark.parametrize("is_upgraded_first", [False, True])
def test_the_tool_of_the_version_before_goes_on(one_connection: Connection, is_upgraded_first: bool) -> None:
    install(one_connection, _BEFORE)
    if is_upgraded_first:
        install(one_connection, _SECOND)
    for text in _OLD_WRITES:
        one_connection.execute(text.encode())
    require_installed(one_connection, _BEFORE)
    install(one_connection)
    store = Store(one_connection, "dana")
    record = store.migration("old")
    assert record
    assert (record.state, record.version, record.contract_plan) == (State.EXPANDING, 1, None)
    assert [row.commit_sha for row in store.history()] == [None]
    assert store.change_state(record, State.EXPANDED).state is State.EXPANDED


def test_the_version_before_takes_a_baseline_for_complete(one_connection: Connection) -> None:
    """It stops at a state that it does not know."""
    install(one_connection)
    store = Store(one_connection, "dana")
    assert store.change_state(store.open("m", {}, None), State.BASELINED).state is State.BASELINED
    row = one_connection.execute("SELECT state FROM migrator.migration").fetchone()
    assert row == {"state": "complete"}
    assert [record.state for record in store.migrations()] == [State.BASELINED]


def test_a_migration_that_is_open_during_the_upgrade(one_database: Database, tmp_path: Path) -> None:
    """One that the first version expanded: without claims, and with no snapshot yet."""
    shop = Shop(one_database.dsn, tmp_path)
    migration = with_every_phase(shop).migration("m")
    with connect(shop.dsn) as connection:
        install(connection, _BEFORE)
        load_shop(connection, 20)
        connection.execute(NICK.encode())
        connection.execute(
            "INSERT INTO migrator.migration (id, state, manifest, expanded_at) VALUES ('m', 'expanded', '{}', now())"
        )
        for name in ("expand.sql", "backfill"):
            values = [name, current(migration)[name]]
            connection.execute("INSERT INTO migrator.file (migration, name, sha256) VALUES ('m', %s, %s)", values)
        assert install(connection) == (1, len(upgrades()))
        assert installed_version(connection) == len(upgrades())
    engine = shop.engine()
    engine.migrate(migration)
    assert engine.contract(migration).after is State.COMPLETE
