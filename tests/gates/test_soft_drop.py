"""Soft drop: the column is kept from roles, exactly given back, and a hidden reader is found under load."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from migrator.clock import SystemClock
from migrator.config import Settings
from migrator.config.gates import GateSettings, SoftDropGate
from migrator.errors import InvalidTransition
from migrator.gates import soft_drop
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError, errors, psycopg
from migrator.phases.evidence import question_for
from migrator.phases.folder import Migration
from migrator.phases.soft_drop import begin_soft_drop, end_soft_drop, restore_when_missed
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.fix_server import Database, wait_until
from tests.gates.asking import until

_SECRET = "secret-of-a-test"


@pytest.fixture
def roles(one_shop: Shop, one_database: Database) -> Generator[dict[str, str]]:
    """Give three roles of this test: name as tests call it -> name on the server."""
    found = {name: f"{name}_{one_database.name}" for name in ("app", "report", "group")}
    with connect(one_shop.dsn) as admin:
        for role in found.values():
            admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{_SECRET}'".encode())
        admin.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON users TO {found['app']};"
            f"GRANT SELECT ON users TO {found['group']} WITH GRANT OPTION; GRANT {found['group']} TO {found['report']};"
            f"GRANT UPDATE (email, name) ON users TO {found['report']}".encode()
        )
    yield found
    with connect(one_shop.dsn) as admin:
        for role in found.values():
            admin.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}".encode())


@pytest.fixture
def migrated(one_shop: Shop, roles: dict[str, str]) -> Migration:  # noqa: ARG001 granted before
    migration = one_shop.render_rename(evidence=["soft_drop"])
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    return migration


@pytest.fixture
def admin(one_shop: Shop) -> Generator[Connection]:
    with connect(one_shop.dsn) as connection:
        yield connection


@contextmanager
def client(database: Database, role: str) -> Generator["psycopg.Connection[Any]"]:
    dsn = database.server.primary.dsn_of(database.name, role, _SECRET)
    with psycopg.connect(dsn, autocommit=True, application_name=f"client of {role}") as opened:
        yield opened


def grants(connection: Connection) -> list[dict[str, Any]]:
    return connection.execute(
        "SELECT attname::text AS name, a.* FROM pg_attribute t, aclexplode(attacl) a WHERE attrelid = 'users'::regclass"
        " UNION ALL SELECT NULL, a.* FROM pg_class c, aclexplode(relacl) a WHERE c.oid = 'users'::regclass"
        " ORDER BY 1, 2, 3, 4, 5"
    ).fetchall()


def ask(connection: Connection, migration: Migration, *bystanders: str, held: float = 0) -> GateResult:
    gates = GateSettings(soft_drop=SoftDropGate(held=timedelta(seconds=held), bystanders=bystanders))
    return soft_drop.evaluate(question_for(connection, Settings(gates=gates), migration))


def test_it_is_kept_from_those_who_use_it_and_given_back_exactly(
    one_database: Database, admin: Connection, migrated: Migration, roles: dict[str, str]
) -> None:
    before = grants(admin)
    store = Store(admin, "ann")
    begin_soft_drop(store, migrated)
    assert grants(admin) != before
    with client(one_database, roles["app"]) as app, client(one_database, roles["report"]) as report:
        for sql in ("SELECT email FROM users", "SELECT * FROM users", "UPDATE users SET email = 'x'"):
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(sql.encode())
            with pytest.raises(errors.InsufficientPrivilege):
                report.execute(sql.encode())
        app.execute("UPDATE users SET mail = 'x@example.org' WHERE id = 1")  # the trigger may write the old column
        app.execute("SELECT id, mail FROM users WHERE id = 1 FOR UPDATE")
        app.execute("INSERT INTO users (id, mail) VALUES (-1, 'y') ON CONFLICT (id) DO UPDATE SET mail = 'z'")
        app.execute("DELETE FROM users WHERE id = -1")
        report.execute("UPDATE users SET name = 'n' WHERE id = 1")
        assert end_soft_drop(store, migrated.id, "the test is over")
        assert grants(admin) == before
        app.execute("SELECT * FROM users WHERE email = 'x@example.org'")
    assert not end_soft_drop(store, migrated.id, "again")


def test_the_canary_comes_first(
    one_database: Database, admin: Connection, migrated: Migration, roles: dict[str, str]
) -> None:
    before = grants(admin)
    store = Store(admin, "ann")
    begin_soft_drop(store, migrated, roles["app"])
    assert ask(admin, migrated).reason == f"the soft drop is on for the role {roles['app']} only"
    with client(one_database, roles["app"]) as app, client(one_database, roles["report"]) as report:
        report.execute("SELECT * FROM users")
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute("SELECT * FROM users")
        begin_soft_drop(store, migrated)
        with pytest.raises(errors.InsufficientPrivilege):
            report.execute("SELECT * FROM users")
    end_soft_drop(store, migrated.id, "the test is over")
    assert grants(admin) == before


def test_the_gate_names_the_roles_that_it_does_not_bind(
    admin: Connection, migrated: Migration, roles: dict[str, str]
) -> None:
    assert ask(admin, migrated).status is GateStatus.CLOSED
    begin_soft_drop(Store(admin, "ann"), migrated)
    assert ask(admin, migrated, held=3600).status is GateStatus.CLOSED
    unknown = ask(admin, migrated)
    assert unknown.status is GateStatus.UNKNOWN
    assert "does not bind postgres is a superuser" in unknown.reason
    assert ask(admin, migrated, "postgres").status is GateStatus.OPEN
    admin.execute(f"GRANT pg_read_all_data TO {roles['report']}".encode())
    assert f"{roles['report']} has pg_read_all_data" in ask(admin, migrated, "postgres").reason


def test_a_grant_of_somebody_else_is_left_and_told(
    admin: Connection, migrated: Migration, roles: dict[str, str]
) -> None:
    admin.execute(f"SET ROLE {roles['group']}; GRANT SELECT ON users TO PUBLIC; RESET ROLE".encode())
    before = grants(admin)
    found = begin_soft_drop(Store(admin, "ann"), migrated)
    told = {each.role: each.why for each in found.unbound}
    assert told["PUBLIC"] == f"has it by a grant of {roles['group']}, not of the owner"
    assert ask(admin, migrated, "postgres").status is GateStatus.UNKNOWN
    end_soft_drop(Store(admin, "ann"), migrated.id, "the test is over")
    assert grants(admin) == before
    admin.execute("REVOKE SELECT ON users FROM PUBLIC CASCADE")
    admin.execute(f"SET ROLE {roles['group']}; REVOKE SELECT ON users FROM PUBLIC; RESET ROLE".encode())


def test_it_needs_a_migrated_migration(one_shop: Shop, admin: Connection) -> None:
    with pytest.raises(InvalidTransition):
        begin_soft_drop(Store(admin, "ann"), one_shop.render_rename())


def test_the_contract_gives_back_the_grant_on_the_table(
    one_shop: Shop, admin: Connection, migrated: Migration, roles: dict[str, str]
) -> None:
    begin_soft_drop(Store(admin, "ann"), migrated)
    Store(admin, "ann").audit("test", None, {})
    admin.execute("UPDATE migrator.soft_drop SET began_at = began_at - interval '2 days'")
    engine = one_shop.engine()
    gates = GateSettings(soft_drop=SoftDropGate(bystanders=("postgres",)))
    object.__setattr__(engine, "settings", engine.settings.model_copy(update={"gates": gates}))
    engine.contract(migrated)
    row = admin.execute("SELECT has_table_privilege(%s, 'users', 'SELECT') AS may", [roles["app"]]).fetchone()
    assert row == {"may": True}


def test_a_hidden_reader_is_found_under_load_and_fails_once(
    one_shop: Shop, one_database: Database, admin: Connection, migrated: Migration, roles: dict[str, str]
) -> None:
    before = grants(admin)
    stop, failures, done = threading.Event(), list[str](), [0, 0]

    def write(number: int) -> None:
        with client(one_database, roles["app"]) as app:
            while not stop.is_set():
                try:
                    app.execute("UPDATE users SET mail = mail || '' WHERE id = %s RETURNING id, mail", [number])
                    app.execute("SELECT id, mail, name FROM users WHERE id = %s", [number])
                except DatabaseError as exc:
                    failures.append(str(exc))
                done[number] += 1

    writers = [threading.Thread(target=write, args=(number,)) for number in (0, 1)]
    for writer in writers:
        writer.start()
    try:
        wait_until(lambda: min(done) > 5, "the clients work")
        store = Store(admin, "ann")
        begin_soft_drop(store, migrated)
        found: list[Any] = []
        watcher_session = connect(one_shop.dsn)
        clock = SystemClock(threading.Event())
        watch = threading.Thread(
            target=lambda: found.append(restore_when_missed(Store(watcher_session, "ann"), migrated, clock, 60))
        )
        watch.start()
        at = min(done)
        wait_until(lambda: min(done) > at + 5, "the clients go on")
        failed = 0
        with client(one_database, roles["report"]) as report:
            try:
                report.execute("SELECT * FROM users")
            except errors.InsufficientPrivilege:
                failed += 1
            watch.join(30)
            report.execute("SELECT * FROM users")
        watcher_session.close()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert failed == 1
    assert failures == []
    assert [reader.role for reader in found] == [roles["report"]]
    assert grants(admin) == before
    until(lambda: "missed by client of" in ask(admin, migrated).reason, "the gate says why it ended")
