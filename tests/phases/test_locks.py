"""Locks on live servers: blockers named, budgets that end, the watchdog, a stop, and levels as planned."""

from datetime import timedelta
from typing import Any, cast

import pytest

from migrator.errors import DatabaseFailed, LockBudgetSpent, Stopped
from migrator.events import Event, EventKind
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.pg.connection import connect
from migrator.phases.engine import Engine
from migrator.phases.folder import Migration
from migrator.phases.steps import steps_of
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar, users_parts
from tests.phases.scenes import INDEX, NICK, idle_in_transaction, in_background


def _of(shop: Shop, kind: EventKind) -> list[Event]:
    return [event for event in shop.heard if event.kind is kind]


def _has_column(shop: Shop, name: str) -> bool:
    with connect(shop.dsn) as connection:
        return name in users_parts(connection)["columns"]


def test_a_blocker_is_named_and_the_step_succeeds_after_it(shop: Shop) -> None:
    migration, engine = shop.write("m", expand=NICK), shop.engine()
    with idle_in_transaction(shop) as session:
        pid = session.info.backend_pid
        with in_background(lambda: engine.expand(migration)):
            wait_until(lambda: bool(_of(shop, EventKind.LOCK_BLOCKED)), "the blocker to be named")
            assert not _has_column(shop, "nick")
            session.execute("ROLLBACK")
    blocker = _first_blocker(_of(shop, EventKind.LOCK_BLOCKED)[0])
    assert (blocker["pid"], blocker["application"], blocker["state"]) == (pid, "shop/report", "idle in transaction")
    assert blocker["query"] == "SELECT count(*) FROM users"
    assert float(str(blocker["age_seconds"])) > 0
    assert _of(shop, EventKind.LOCK_RETRY)[0].data["sqlstate"] == "55P03"
    assert shop.state("m") == "expanded"
    assert _has_column(shop, "nick")


def _first_blocker(event: Event) -> dict[str, object]:
    return cast("list[dict[str, object]]", event.data["blockers"])[0]


def test_at_the_end_of_the_budget_nothing_is_changed(shop: Shop) -> None:
    migration = shop.write("m", expand=NICK)
    engine = shop.engine(budget=timedelta(milliseconds=700))
    with idle_in_transaction(shop) as session:
        pid = session.info.backend_pid
        with pytest.raises(LockBudgetSpent) as caught:
            engine.expand(migration)
        with connect(shop.dsn) as other:
            ours = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE application_name LIKE %s"
            assert scalar(other, ours, "migrator/%") == 0
            other.execute("SET lock_timeout = '2s'")
            other.execute("UPDATE users SET visits = visits + 1 WHERE id = 1")
    for words in ("public.users", f"pid {pid} (shop/report, idle in transaction", "SELECT count(*) FROM users"):
        assert words in caught.value.situation
    assert shop.state("m") == "expanding"
    assert not _has_column(shop, "nick")
    assert engine.resume(migration).after.value == "expanded"
    assert _has_column(shop, "nick")


def test_a_query_behind_our_wait_goes_on_after_one_rung(one_shop: Shop) -> None:
    migration, engine = one_shop.write("m", expand=NICK), one_shop.engine()
    with idle_in_transaction(one_shop) as session, connect(one_shop.dsn) as watcher:

        def release() -> None:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            with connect(one_shop.dsn) as application:
                for _ in range(5):
                    wait_until(lambda: scalar(watcher, waiting) > 0, "our statement to wait for its lock")
                    # It queues behind our ACCESS EXCLUSIVE and ends, although the blocker stays.
                    application.execute("SET statement_timeout = '10s'")
                    application.execute("SELECT count(*) FROM users")
            session.execute("ROLLBACK")

        with in_background(lambda: engine.expand(migration)):
            release()
    assert len(_of(one_shop, EventKind.LOCK_RETRY)) >= 2


def _weak(shop: Shop) -> Migration:
    return shop.write("m", expand=INDEX)


def test_an_index_build_waits_without_lock_timeout(one_shop: Shop) -> None:
    migration, engine = _weak(one_shop), one_shop.engine()
    with (
        idle_in_transaction(one_shop, "SELECT count(*) FROM orders") as session,
        in_background(lambda: engine.expand(migration)),
    ):
        wait_until(lambda: bool(_of(one_shop, EventKind.LOCK_BLOCKED)), "the watchdog to name the old snapshot")
        session.execute("ROLLBACK")
    assert _first_blocker(_of(one_shop, EventKind.LOCK_BLOCKED)[0])["application"] == "shop/report"
    assert not _of(one_shop, EventKind.LOCK_RETRY)
    assert one_shop.state("m") == "expanded"


def _invalid_then_resumed(shop: Shop, engine: Engine, migration: Migration) -> None:
    with connect(shop.dsn) as connection:
        assert "users_name_idx INVALID" in users_parts(connection)["indexes"]
    assert shop.state("m") == "expanding"
    assert engine.resume(migration).after.value == "expanded"
    with connect(shop.dsn) as connection:
        assert "users_name_idx" in users_parts(connection)["indexes"]


def test_the_watchdog_ends_an_index_build_and_resume_cleans_up(shop: Shop) -> None:
    migration, engine = _weak(shop), shop.engine(weak_watchdog=timedelta(seconds=1))
    with (
        idle_in_transaction(shop, "SELECT count(*) FROM orders"),
        pytest.raises(
            LockBudgetSpent,
            match=r"CREATE INDEX .* cancelled: it ran for \d+ s, the watchdog's limit; it waited for pid \d+ \(shop",
        ),
    ):
        engine.expand(migration)
    _invalid_then_resumed(shop, engine, migration)


def test_a_stop_ends_an_index_build_and_resume_cleans_up(one_shop: Shop) -> None:
    migration, engine = _weak(one_shop), one_shop.engine()
    with idle_in_transaction(one_shop, "SELECT count(*) FROM orders"):

        def stop(event: Event) -> None:
            if event.kind is EventKind.LOCK_BLOCKED:
                one_shop.stop.set()

        with pytest.raises(Stopped, match="during CREATE INDEX"):
            one_shop.engine(stop).expand(migration)
    one_shop.stop.clear()
    _invalid_then_resumed(one_shop, engine, migration)


def test_a_build_that_somebody_else_cancels_says_so(one_shop: Shop) -> None:
    migration, engine = _weak(one_shop), one_shop.engine()
    with idle_in_transaction(one_shop, "SELECT count(*) FROM orders"), connect(one_shop.dsn) as admin:

        def cancel(event: Event) -> None:
            if event.kind is EventKind.LOCK_BLOCKED:
                admin.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index")

        with pytest.raises(LockBudgetSpent, match="canceling statement due to user request"):
            one_shop.engine(cancel).expand(migration)
    _invalid_then_resumed(one_shop, engine, migration)


def test_the_watch_goes_on_when_its_connection_is_ended(one_shop: Shop) -> None:
    migration, engine = _weak(one_shop), one_shop.engine()
    with idle_in_transaction(one_shop, "SELECT count(*) FROM orders"), connect(one_shop.dsn) as admin:

        def end_observer(event: Event) -> None:
            if event.kind is EventKind.LOCK_BLOCKED:
                watch = "SELECT pid FROM pg_stat_activity WHERE application_name = 'migrator/observer'"
                admin.execute(f"SELECT pg_terminate_backend(pid) FROM ({watch}) w".encode())

        with pytest.raises(LockBudgetSpent, match="watchdog"):
            one_shop.engine(end_observer, weak_watchdog=timedelta(seconds=4)).expand(migration)
    _invalid_then_resumed(one_shop, engine, migration)


def test_a_statement_that_blocks_too_long_is_ended(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand="BEGIN; LOCK TABLE public.users; SELECT pg_sleep(30); COMMIT;")
    engine = one_shop.engine(statement_timeout=timedelta(milliseconds=300))
    with pytest.raises(DatabaseFailed, match=r"ran longer than 0\.3 s while it blocked"):
        engine.expand(migration)
    assert one_shop.state("m") == "expanding"


def test_several_locks_that_are_each_waited_for_are_tried_again(one_shop: Shop) -> None:
    """lock_timeout counts for each lock: two waits of a rung outlast statement_timeout, with nothing held for long."""
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE TABLE other (id int)")
    migration = one_shop.write("m", expand="BEGIN; LOCK TABLE public.users, public.other; COMMIT;")
    engine = one_shop.engine(statement_timeout=timedelta(milliseconds=300))
    with idle_in_transaction(one_shop) as session, connect(one_shop.dsn) as watcher:

        def release() -> None:
            wait_until(lambda: len(_of(one_shop, EventKind.LOCK_RETRY)) >= 4, "a rung beyond statement_timeout")
            assert scalar(watcher, "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock'") == 0
            session.execute("ROLLBACK")

        with in_background(lambda: engine.expand(migration)):
            release()
    assert one_shop.state("m") == "expanded"


def test_a_client_that_stands_still_with_its_locks_is_ended_by_the_server(shop: Shop) -> None:
    """Between two statements of its transaction: nobody would give the locks back."""
    migration = shop.write("m", expand=NICK)
    engine = shop.engine(transaction_timeout=timedelta(milliseconds=300), statement_timeout=timedelta(milliseconds=200))
    end_step = Store.end_step

    def stand_still(store: Store, migration: str, phase: str, number: int, *rest: Any, **more: Any) -> None:
        with connect(shop.dsn) as watcher:
            gone = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
            pid = store.connection.info.backend_pid
            wait_until(lambda: scalar(watcher, gone, pid) == 0, "the server to end the session")
            watcher.execute("SET lock_timeout = '2s'")
            watcher.execute("UPDATE users SET visits = visits + 1 WHERE id = 1")
        end_step(store, migration, phase, number, *rest, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Store, "end_step", stand_still)
        with pytest.raises(DatabaseFailed, match=r"terminating connection due to|server closed the connection"):
            engine.expand(migration)
    assert not _has_column(shop, "nick")
    assert shop.engine().resume(migration).after.value == "expanded"


def test_a_step_may_idle_and_run_longer_than_the_limits_of_its_role(one_shop: Shop) -> None:
    """A role's own limits would end the runner's session, which is idle during a backfill, or a long VALIDATE."""
    with connect(one_shop.dsn) as connection:
        version = connection.info.server_version
        name = scalar(connection, "SELECT current_database()")
        for setting in ["idle_session_timeout", *(["transaction_timeout"] if version >= 170000 else [])]:
            connection.execute(f"ALTER DATABASE {name} SET {setting} = '700ms'".encode())
        connection.execute(f"ALTER DATABASE {name} SET statement_timeout = '700ms'".encode())
    migration = one_shop.write(
        "m",
        expand="BEGIN; SELECT pg_sleep(0.5); SELECT pg_sleep(0.5); COMMIT; SELECT pg_sleep(1);",
    )

    idle_for = "SELECT clock_timestamp() - state_change > '800ms' FROM pg_stat_activity WHERE application_name LIKE %s"

    def idle(event: Event) -> None:
        if event.kind is EventKind.STEP_DONE and event.data["number"] == 1:
            with connect(one_shop.dsn) as watcher:
                wait_until(lambda: scalar(watcher, idle_for, "migrator/m/%") is not False, "the session to be idle")

    assert one_shop.engine(idle).expand(migration).after.value == "expanded"


def test_timeouts_of_a_step_do_not_stay_on_the_session(one_shop: Shop) -> None:
    """verify.sql runs on the session that built the index without limits; it must have the role's own again."""
    with connect(one_shop.dsn) as connection:
        name = scalar(connection, "SELECT current_database()")
        connection.execute(f"ALTER DATABASE {name} SET statement_timeout = '41s'".encode())
        connection.execute(f"ALTER DATABASE {name} SET lock_timeout = '42s'".encode())
    settings = "current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')"
    migration = one_shop.write(
        "m", expand="", migrate=INDEX, verify=f"SELECT {settings} WHERE {settings} <> '41s 42s';"
    )
    engine = one_shop.engine()
    engine.expand(migration)
    assert engine.migrate(migration).after.value == "complete"


def test_steps_take_the_locks_that_the_plan_says(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second session reads pg_locks between a step's statements and its COMMIT."""
    migration, engine = shop.render_rename(), shop.engine()
    taken: dict[tuple[str, int], LockLevel] = {}
    end_step = Store.end_step
    held = (
        "SELECT mode FROM pg_locks WHERE pid = %s AND relation = 'public.users'::regclass AND granted "
        "AND locktype = 'relation'"
    )
    with connect(shop.dsn) as watcher:

        def look(store: Store, migration: str, phase: str, number: int, *rest: Any, **more: Any) -> None:
            modes = {row["mode"] for row in watcher.execute(held.encode(), [store.connection.info.backend_pid])}
            taken[phase, number] = max((lv for lv in LockLevel if lv.pg_mode in modes), default=LockLevel.NONE)
            end_step(store, migration, phase, number, *rest, **more)

        monkeypatch.setattr(Store, "end_step", look)
        engine.expand(migration)
        engine.migrate(migration)
        engine.contract(migration)
        version = watcher.info.server_version // 10000
    planned = {
        (phase, step.number): step.level_on(TableName("public", "users")) if step.is_transactional else LockLevel.NONE
        for phase in ("expand", "migrate", "contract")
        for step in steps_of(migration.statements(phase), phase, version)
    }
    assert taken == planned
    assert LockLevel.SHARE_UPDATE_EXCLUSIVE in taken.values()
    assert LockLevel.ACCESS_EXCLUSIVE in taken.values()
