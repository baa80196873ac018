"""Our schema in the database: installed once, upgraded in its own expand and contract, by one tool at a time."""

import threading

import pytest

from migrator.errors import ConfigError, DatabaseFailed, Refused
from migrator.pg.connection import Connection, connect
from migrator.state.install import Upgrade, install, installed_version, require_installed, upgrades
from tests.fix_server import Database

_FIRST = Upgrade(1, upgrades()[0].expand, "ALTER TABLE migrator.meta DROP COLUMN installed_by;")
"""As shipped, with the contract that a later version may bring."""
_SECOND = Upgrade(2, "ALTER TABLE migrator.meta ADD COLUMN note text;", "ALTER TABLE migrator.meta DROP COLUMN note;")
_THIRD = Upgrade(3, "ALTER TABLE migrator.meta ADD COLUMN remark text;")


def _columns(connection: Connection) -> set[str]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute "
        "WHERE attrelid = 'migrator.meta'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    return {row["attname"] for row in rows}


def test_twice_is_once(connection: Connection) -> None:
    assert installed_version(connection) == 0
    with pytest.raises(ConfigError, match="Run `migrator init` first"):
        require_installed(connection)
    assert install(connection) == (0, len(upgrades()))
    connection.execute("INSERT INTO migrator.replica (name) VALUES ('kept')")
    assert install(connection) == (len(upgrades()), len(upgrades()))
    assert connection.execute("SELECT name FROM migrator.replica").fetchall() == [{"name": "kept"}]
    require_installed(connection)


def test_in_a_schema_that_an_administrator_made(one_connection: Connection) -> None:
    one_connection.execute("CREATE SCHEMA migrator")
    assert install(one_connection) == (0, len(upgrades()))


def test_several_at_once_take_turns(database: Database) -> None:
    found: list[tuple[int, int]] = []
    ready = threading.Barrier(4)

    def run() -> None:
        with connect(database.dsn) as connection:
            ready.wait(20)
            found.append(install(connection))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latest = len(upgrades())
    assert sorted(found) == [(0, latest), (latest, latest), (latest, latest), (latest, latest)]


def test_the_old_shape_goes_one_version_later(one_connection: Connection) -> None:
    """The tool of version N works with version N + 1: what N needs goes with N + 2 at the earliest."""
    base = {"only_row", "schema_version", "installed_at"}
    install(one_connection, (_FIRST,))
    assert _columns(one_connection) == base | {"installed_by"}
    assert install(one_connection, (_FIRST, _SECOND)) == (1, 2)
    assert _columns(one_connection) == base | {"note"}
    assert install(one_connection, (_FIRST, _SECOND, _THIRD)) == (2, 3)
    assert _columns(one_connection) == base | {"remark"}


def test_all_at_once_ends_as_step_by_step(one_connection: Connection) -> None:
    assert install(one_connection, (_FIRST, _SECOND, _THIRD)) == (0, 3)
    assert _columns(one_connection) == {"only_row", "schema_version", "installed_at", "remark"}


def test_tools_of_other_versions(one_connection: Connection) -> None:
    install(one_connection, (_FIRST, _SECOND))
    require_installed(one_connection, (_FIRST,))  # one version older
    require_installed(one_connection, (_FIRST, _SECOND))
    assert install(one_connection, (_FIRST,)) == (2, 2)  # an old tool's init takes nothing back
    with pytest.raises(ConfigError, match=r"has version 2, this tool needs 3\. Run `migrator init`"):
        require_installed(one_connection, (_FIRST, _SECOND, _THIRD))
    install(one_connection, (_FIRST, _SECOND, _THIRD))
    with pytest.raises(Refused, match=r"has version 3, this tool works with 2 at most\. Upgrade this tool"):
        require_installed(one_connection, (_FIRST,))


def test_an_upgrade_that_fails_changes_nothing(one_connection: Connection) -> None:
    install(one_connection, (_FIRST,))
    broken = Upgrade(2, "ALTER TABLE migrator.meta ADD COLUMN note text; SELECT 1/0;")
    with pytest.raises(DatabaseFailed, match=r"Installing the schema migrator failed: division by zero"):
        install(one_connection, (_FIRST, broken))
    assert installed_version(one_connection) == 1
    assert "note" not in _columns(one_connection)


def test_without_the_privilege(one_database: Database, one_connection: Connection) -> None:
    role = f"guest_{one_database.name}"
    one_connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
    try:
        with connect(one_database.server.primary.dsn_of(one_database.name, role, "secret")) as guest:
            with pytest.raises(DatabaseFailed, match=r"permission denied for database .*42501.* grant the privilege"):
                install(guest)
            assert installed_version(guest) == 0
    finally:
        one_connection.execute(f"DROP ROLE {role}".encode())


def test_upgrades_are_numbered_without_a_gap() -> None:
    assert [upgrade.number for upgrade in upgrades()] == list(range(1, len(upgrades()) + 1))
