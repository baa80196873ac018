"""Stops, Ctrl-C and everything else that ends a run in the middle without killing it."""

import os
import signal
from collections.abc import Generator

import pytest

from migrator.errors import CatalogConflict, Refused, Stopped
from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.phases.evidence import ContractShut
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar, users_parts
from tests.phases.scenes import INDEX, NICK, idle_in_transaction, with_every_phase


@pytest.fixture
def interrupts() -> Generator[None]:
    """Ctrl-C raises KeyboardInterrupt, as in a process of its own; the test runner ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _wait_until_nobody_works(shop: Shop) -> None:
    ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'migrator/%' AND pid <> pg_backend_pid()"
    with connect(shop.dsn, application_name="looking") as watcher:
        wait_until(lambda: scalar(watcher, ours) == 0, "our sessions to be gone")


@pytest.mark.usefixtures("interrupts")
def test_a_second_ctrl_c_leaves_nothing_behind_that_resume_cannot_finish(one_shop: Shop) -> None:
    """The first asks for a stop; the second raises KeyboardInterrupt wherever the main thread is: in the server."""
    migration = one_shop.write("m", expand=f"{NICK} {INDEX}")

    def press(event: Event) -> None:
        if event.kind is EventKind.LOCK_BLOCKED:
            os.kill(os.getpid(), signal.SIGINT)

    with idle_in_transaction(one_shop, "SELECT count(*) FROM orders"), pytest.raises(KeyboardInterrupt):
        one_shop.engine(press).expand(migration)
    _wait_until_nobody_works(one_shop)
    assert one_shop.engine().resume(migration).after.value == "expanded"
    with connect(one_shop.dsn) as connection:
        assert "users_name_idx" in users_parts(connection)["indexes"]


def test_a_stop_while_waiting_for_a_lock(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)

    def stop(event: Event) -> None:
        if event.kind is EventKind.LOCK_RETRY:
            one_shop.stop.set()

    with idle_in_transaction(one_shop), pytest.raises(Stopped, match=r"a lock for public\.users was not granted"):
        one_shop.engine(stop).expand(migration)
    one_shop.stop.clear()
    assert one_shop.state("m") == "expanding"
    with connect(one_shop.dsn) as connection:
        assert [step.state for step in Store(connection, "test").all_steps("m")] == ["interrupted"]
    assert EventKind.STEP_FAILED not in one_shop.kinds()
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_a_stop_between_two_steps(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=f"{NICK} {INDEX}")

    def stop(event: Event) -> None:
        if event.kind is EventKind.STEP_DONE:
            one_shop.stop.set()

    with pytest.raises(Stopped, match="before step 2 of expand"):
        one_shop.engine(stop).expand(migration)
    one_shop.stop.clear()
    with connect(one_shop.dsn) as connection:
        assert [step.state for step in Store(connection, "test").all_steps("m")] == ["done"]
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_a_listener_that_fails_beside_a_statement_stops_the_run(one_shop: Shop) -> None:
    """It fails on the watching thread: without a watch the index build would go on for hours."""
    migration = one_shop.write("m", expand=INDEX)

    def fail(event: Event) -> None:
        if event.kind is EventKind.LOCK_BLOCKED:
            raise OSError("the listener's disk is full")

    with (
        idle_in_transaction(one_shop, "SELECT count(*) FROM orders"),
        pytest.raises(OSError, match="the listener's disk is full"),
    ):
        one_shop.engine(fail).expand(migration)
    _wait_until_nobody_works(one_shop)
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_a_gate_that_shuts_again_before_the_contract_began(one_shop: Shop) -> None:
    migration = one_shop.render_rename(approvals=1)
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    one_shop.approve()

    def stop(event: Event) -> None:
        if event.data.get("target") == "ready":
            raise Stopped("the test ends it here")

    with pytest.raises(Stopped):
        one_shop.engine(stop).contract(migration)
    assert one_shop.state() == "ready"
    assert one_shop.engine().resume(migration).after.value == "ready"
    with connect(one_shop.dsn) as connection:
        connection.execute("DELETE FROM migrator.approval")
    with pytest.raises(ContractShut, match="approvals 0 < 1"):
        one_shop.engine().contract(migration)
    assert one_shop.state() == "migrated"
    one_shop.approve()
    assert one_shop.engine().contract(migration).after.value == "complete"


def test_rows_that_verify_finds_hold_the_migration(one_shop: Shop) -> None:
    migration = with_every_phase(one_shop).migration("m")
    (migration.folder / "verify.sql").write_text("SELECT id FROM public.users WHERE visits < 0;")
    engine, migration = one_shop.engine(), one_shop.migration("m")
    engine.expand(migration)
    with connect(one_shop.dsn) as connection:
        connection.execute("UPDATE users SET visits = -1 WHERE id = 7")
        with pytest.raises(Refused, match=r"verify\.sql:1 of m returned rows, the first being \{'id': 7\}"):
            engine.migrate(migration)
        assert one_shop.state("m") == "migrating"
        connection.execute("UPDATE users SET visits = 0 WHERE id = 7")
        assert engine.resume(migration).after.value == "migrated"
        connection.execute("UPDATE users SET visits = -1 WHERE id = 7")
        with pytest.raises(Refused, match=r"verify\.sql:1"):
            engine.contract(migration)
        assert one_shop.state("m") == "migrated"


def test_what_an_event_trigger_takes_back_is_noticed(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection:
        connection.execute(
            """
            CREATE FUNCTION take_back() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'nick') THEN
                    ALTER TABLE users DROP COLUMN nick;
                END IF;
            END $$;
            CREATE EVENT TRIGGER take_back ON ddl_command_end WHEN tag IN ('ALTER TABLE') EXECUTE FUNCTION take_back();
            """
        )
        migration = one_shop.write("m", expand=NICK)
        with pytest.raises(CatalogConflict, match="but the catalog does not show its effect"):
            one_shop.engine().expand(migration)
        assert Store(connection, "test").steps("m", "expand")[1].state == "failed"
        connection.execute("DROP EVENT TRIGGER take_back")
        assert one_shop.engine().resume(migration).after.value == "expanded"
        assert "nick" in users_parts(connection)["columns"]
