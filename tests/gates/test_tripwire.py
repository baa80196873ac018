"""Gate `tripwire`: the sync trigger records who still writes the old side, once for each session."""

from datetime import timedelta

import pytest

from migrator.config import Settings
from migrator.config.gates import GateSettings, TripwireGate
from migrator.gates import tripwire
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection, connect
from migrator.phases.evidence import ContractShut, question_for
from migrator.phases.folder import Migration
from tests.fix_app import Shop

_NOW = Settings(gates=GateSettings(tripwire=TripwireGate(window=timedelta(0))))


@pytest.fixture
def migrated(one_shop: Shop) -> Migration:
    migration = one_shop.render_rename(evidence=["tripwire"])
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    return migration


def ask(shop: Shop, migration: Migration, settings: Settings = _NOW) -> GateResult:
    with connect(shop.dsn) as connection:
        return tripwire.evaluate(question_for(connection, settings, migration))


def rows(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) AS n FROM migrator.old_write").fetchone()
    return int(row["n"]) if row else -1


def test_a_writer_through_the_old_column_keeps_the_contract_shut(one_shop: Shop, migrated: Migration) -> None:
    assert ask(one_shop, migrated).status is GateStatus.OPEN
    with connect(one_shop.dsn, application_name="shop/1.3 worker") as old:
        old.execute("UPDATE users SET email = 'old@example.org' WHERE id = 1")
        pid = old.info.backend_pid
    closed = ask(one_shop, migrated)
    assert closed.status is GateStatus.CLOSED
    assert closed.reason.startswith("old_writers 1 > 0 (shop/1.3 worker as postgres from ")
    assert f"pid {pid}, last at" in closed.reason
    with pytest.raises(ContractShut, match=r"tripwire closed: old_writers 1 > 0 \(shop/1.3 worker"):
        one_shop.engine().contract(migrated)


def test_new_code_is_not_recorded(one_shop: Shop, migrated: Migration) -> None:
    with connect(one_shop.dsn) as new:
        new.execute("UPDATE users SET mail = 'new@example.org' WHERE id = 1")
        new.execute("DELETE FROM users WHERE id = 2")
        assert rows(new) == 0
    assert ask(one_shop, migrated).status is GateStatus.OPEN


def test_a_session_is_recorded_once_and_not_when_it_rolls_back(one_shop: Shop, migrated: Migration) -> None:  # noqa: ARG001
    with connect(one_shop.dsn, application_name="old") as old:
        with old.transaction(force_rollback=True):
            old.execute("UPDATE users SET email = 'x' || id WHERE id = 1")
        assert rows(old) == 0
        old.execute("UPDATE users SET email = email || 'x'")
        old.execute("UPDATE users SET email = email || 'y'")
        assert rows(old) == 1
        row = old.execute("SELECT xmin::text AS version FROM migrator.old_write").fetchone()
        old.execute("UPDATE users SET email = email || 'z'")
        assert old.execute("SELECT xmin::text AS version FROM migrator.old_write").fetchone() == row
        old.execute("SET application_name = 'another behind the same pooler'")
        old.execute("UPDATE users SET email = email || 'z'")
        assert rows(old) == 2


def test_an_application_needs_no_right_on_our_tables(one_shop: Shop, migrated: Migration) -> None:  # noqa: ARG001
    with connect(one_shop.dsn) as admin, connect(one_shop.dsn) as old:
        role = f"old_{old.info.backend_pid}"
        admin.execute(f"CREATE ROLE {role}; GRANT SELECT, UPDATE ON users TO {role}".encode())
        try:
            old.execute(f"SET ROLE {role}".encode())
            old.execute("UPDATE users SET email = 'x' || id WHERE id = 1")
            old.execute("RESET ROLE")
            assert rows(admin) == 1
        finally:
            admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def test_what_is_off_or_renders_nothing_is_unknown(one_shop: Shop, migrated: Migration) -> None:
    with connect(one_shop.dsn) as admin:
        admin.execute("ALTER TABLE users DISABLE TRIGGER USER")
    result = ask(one_shop, migrated)
    assert result.status is GateStatus.UNKNOWN
    assert "is disabled" in result.reason


def test_a_trigger_that_records_nothing_is_unknown(one_shop: Shop) -> None:
    migration = one_shop.render_rename()
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    result = ask(one_shop, migration)
    assert result.status is GateStatus.UNKNOWN
    assert "records nothing" in result.reason


def test_the_window_counts_from_the_end_of_migrate(one_shop: Shop, migrated: Migration) -> None:
    result = ask(one_shop, migrated, Settings())
    assert result.status is GateStatus.CLOSED
    assert "the window of 24h is not over" in result.reason
    with connect(one_shop.dsn) as admin:
        admin.execute("UPDATE migrator.migration SET migrated_at = clock_timestamp() - interval '25 hours'")
    assert ask(one_shop, migrated, Settings()).status is GateStatus.OPEN


@pytest.mark.parametrize("default", ["'none'", "0", "now()::text", "false"])
def test_a_default_is_nobodys_write(one_shop: Shop, default: str) -> None:
    with connect(one_shop.dsn) as admin:
        admin.execute(f"ALTER TABLE users ALTER email SET DEFAULT {default}".encode())
    migration = one_shop.render_rename(evidence=["tripwire"])
    one_shop.engine().expand(migration)
    with connect(one_shop.dsn) as client:
        given = "mail" if default == "now()::text" else "name"
        client.execute(f"INSERT INTO users (id, {given}) VALUES (-1, 'new')".encode())
        assert rows(client) == 0
        client.execute("INSERT INTO users (id, email) VALUES (-2, 'old')")
        assert rows(client) == 1


def test_a_client_that_connects_for_each_write_fills_no_table(one_shop: Shop, migrated: Migration) -> None:
    with connect(one_shop.dsn) as admin:
        admin.execute(
            "INSERT INTO migrator.old_write (migration, pid, backend_start, application, role, client)"
            " SELECT %s, -n, now(), 'php', 'postgres', '127.0.0.1' FROM generate_series(1, 100) n",
            [migrated.id],
        )
        with connect(one_shop.dsn, application_name="php") as old:
            old.execute("UPDATE users SET email = email || 'x' WHERE id = 1")
        assert rows(admin) == 100
        with connect(one_shop.dsn, application_name="worker") as old:
            old.execute("UPDATE users SET email = email || 'x' WHERE id = 1")
        assert rows(admin) == 101
