"""Before a step asks for its locks: who is waited for without a lock request, who is named, what is refused."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import pytest

from migrator.errors import LockBudgetSpent, Stopped
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar
from tests.phases.scenes import INDEX, NICK, idle_in_transaction, in_background

SOON = {"old_transaction": timedelta(milliseconds=50)}
BRIEF = {**SOON, "budget": timedelta(milliseconds=500)}


def _told(shop: Shop) -> list[dict[str, Any]]:
    return [
        obstacle
        for event in shop.heard
        if event.kind is EventKind.LOCK_PREFLIGHT
        for obstacle in cast("list[dict[str, Any]]", event.data["obstacles"])
    ]


def _asked_for_a_lock(shop: Shop) -> bool:
    return EventKind.LOCK_WAITING in shop.kinds()


@contextmanager
def _old(shop: Shop, query: str = "SELECT count(*) FROM users") -> Generator[Connection]:
    with idle_in_transaction(shop, query) as session, connect(shop.dsn) as watcher:
        age = "SELECT clock_timestamp() - xact_start > '60ms' FROM pg_stat_activity WHERE pid = %s"
        wait_until(lambda: scalar(watcher, age, session.info.backend_pid), "the transaction to be old")
        yield session


def test_an_old_transaction_is_waited_for_without_a_lock_request(shop: Shop) -> None:
    migration, engine = shop.write("m", expand=NICK), shop.engine(**SOON)
    with _old(shop) as session, in_background(lambda: engine.expand(migration)):
        pid = session.info.backend_pid
        wait_until(lambda: bool(_told(shop)), "the old transaction to be told")
        assert not _asked_for_a_lock(shop)
        session.execute("ROLLBACK")
    (told,) = _told(shop)
    assert told["kind"] == "an old transaction"
    assert (told["pid"], told["application"]) == (pid, "shop/report")
    assert (told["state"], told["query"]) == ("idle in transaction", "SELECT count(*) FROM users")
    assert told["table"] == "users"
    assert shop.state("m") == "expanded"


def test_at_the_end_of_the_budget_it_is_named(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    with _old(one_shop) as session:
        pid = session.info.backend_pid
        named = rf"on public\.users within 0\.5 s: there is an old transaction on users: pid {pid} \(shop/report"
        with pytest.raises(LockBudgetSpent, match=f"No lock was asked for {named}"):
            one_shop.engine(**BRIEF).expand(migration)
    assert not _asked_for_a_lock(one_shop)
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_a_transaction_elsewhere_is_not_in_the_way(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    with _old(one_shop, "SELECT count(*) FROM orders"):
        assert one_shop.engine(**BRIEF).expand(migration).after.value == "expanded"
    assert not _told(one_shop)


def test_a_lock_that_does_not_conflict_is_not_in_the_way(one_shop: Shop) -> None:
    """CREATE TRIGGER stops writers; a reader may be as old as it likes."""
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    trigger = "CREATE TRIGGER t BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION public.f();"
    migration = one_shop.write("m", expand=trigger)
    with _old(one_shop):
        assert one_shop.engine(**BRIEF).expand(migration).after.value == "expanded"
    assert not _told(one_shop)


@pytest.mark.parametrize(
    ("prepare", "expand", "reader"),
    [
        (
            "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (p int CONSTRAINT c REFERENCES parent)",
            "ALTER TABLE public.child DROP CONSTRAINT c;",
            "SELECT count(*) FROM parent",
        ),
        (
            "CREATE TABLE parts (id int) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts DEFAULT",
            "ALTER TABLE public.parts ADD COLUMN x int;",
            "SELECT count(*) FROM part",
        ),
        ("SELECT 1", "DROP INDEX public.users_email_idx;", "SELECT count(*) FROM users"),
    ],
    ids=["parent of a foreign key", "partition", "table of an index"],
)
def test_other_tables_that_the_statement_locks_too(shop: Shop, prepare: str, expand: str, reader: str) -> None:
    with connect(shop.dsn) as connection:
        connection.execute("CREATE INDEX IF NOT EXISTS users_email_idx ON users (email)")
        connection.execute(prepare.encode())
    migration = shop.write("m", expand=expand)
    with _old(shop, reader), pytest.raises(LockBudgetSpent, match="No lock was asked for"):
        shop.engine(**BRIEF).expand(migration)
    assert shop.engine().resume(migration).after.value == "expanded"


def test_a_prepared_transaction_is_named_by_its_gid(shop: Shop) -> None:
    migration = shop.write("m", expand=NICK)
    with connect(shop.dsn) as connection:
        connection.execute("BEGIN; UPDATE users SET visits = 7 WHERE id = 1; PREPARE TRANSACTION 'half of two'")
        try:
            named = r"a prepared transaction on users: gid 'half of two' \(prepared transaction, role "
            with pytest.raises(LockBudgetSpent, match=named):
                shop.engine(**BRIEF).expand(migration)
        finally:
            connection.execute("ROLLBACK PREPARED 'half of two'")
    assert not _asked_for_a_lock(shop)
    assert shop.engine().resume(migration).after.value == "expanded"


def _cancelled(connection: Connection, text: str) -> None:
    with pytest.raises(DatabaseError, match="canceling statement due to user request"):
        connection.execute(text.encode())


def test_who_waits_already_is_not_joined(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    with idle_in_transaction(one_shop) as reader, connect(one_shop.dsn, application_name="other-ddl") as other:
        pid = other.info.backend_pid
        with in_background(lambda: _cancelled(other, "BEGIN; LOCK TABLE users")), connect(one_shop.dsn) as watcher:
            waits = "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted"
            wait_until(lambda: scalar(watcher, waits, pid) > 0, "the other session to wait")
            with pytest.raises(LockBudgetSpent, match=rf"a session that waits for a lock itself on users: pid {pid}"):
                one_shop.engine(**BRIEF).expand(migration)
            watcher.execute("SELECT pg_cancel_backend(%s)", [pid])
            reader.execute("ROLLBACK")


def test_a_running_index_build_is_waited_for(one_shop: Shop) -> None:
    migration, engine = one_shop.write("m", expand=NICK), one_shop.engine()
    build = "CREATE INDEX CONCURRENTLY users_visits_idx ON users (visits)"
    with idle_in_transaction(one_shop, "SELECT count(*) FROM orders") as reader, connect(one_shop.dsn) as builder:
        waiting = "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'"
        with in_background(lambda: builder.execute(build.encode())), connect(one_shop.dsn) as watcher:
            wait_until(lambda: scalar(watcher, waiting) > 0, "the build to wait")
            with in_background(lambda: engine.expand(migration)):
                wait_until(lambda: bool(_told(one_shop)), "the build to be told")
                reader.execute("ROLLBACK")
    assert _told(one_shop)[0]["kind"] == "other DDL or maintenance"
    with connect(one_shop.dsn) as connection:
        assert scalar(connection, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_visits_idx'::regclass")
    assert one_shop.state("m") == "expanded"


def test_an_index_build_is_refused_while_an_old_snapshot_is_there(shop: Shop) -> None:
    migration, limit = shop.write("m", expand=INDEX), timedelta(milliseconds=50)
    with _old(shop, "SELECT count(*) FROM orders") as session:
        named = rf"did not begin within 0 s: there is an old snapshot: pid {session.info.backend_pid} \(shop/report"
        with pytest.raises(LockBudgetSpent, match=named):
            shop.engine(old_snapshot=limit).expand(migration)
        with connect(shop.dsn) as connection:
            assert scalar(connection, "SELECT to_regclass('users_name_idx') IS NULL")
        engine = shop.engine(old_snapshot=limit, on_old_snapshot="wait")
        with in_background(lambda: engine.resume(migration)):
            wait_until(lambda: len(_told(shop)) > 1, "the wait to be told")
            session.execute("ROLLBACK")
    assert shop.state("m") == "expanded"


def test_a_stop_while_waiting_is_an_interruption_and_no_failure(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)

    def stop(event: Event) -> None:
        if event.kind is EventKind.LOCK_PREFLIGHT:
            one_shop.stop.set()

    with _old(one_shop), pytest.raises(Stopped, match="there is an old transaction on users"):
        one_shop.engine(stop, **SOON).expand(migration)
    one_shop.stop.clear()
    with connect(one_shop.dsn) as connection:
        step = connection.execute("SELECT state, error FROM migrator.step").fetchone()
        assert step
        assert step["state"] == "interrupted"
        assert scalar(connection, "SELECT count(*) FROM migrator.audit WHERE action = 'step.interrupted'") == 1
    assert EventKind.STEP_INTERRUPTED in one_shop.kinds()
    assert EventKind.STEP_FAILED not in one_shop.kinds()
    assert one_shop.engine().resume(migration).after.value == "expanded"
