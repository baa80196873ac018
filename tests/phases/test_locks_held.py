"""What weak statements and those that lock no table hold and wait for, as pg_locks tells."""

import pytest

from migrator.errors import LockBudgetSpent
from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.phases import executor
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar
from tests.phases.scenes import INDEX, idle_in_transaction, in_background

HELD = "SELECT l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.relation = 'users'::regclass AND \
l.granted AND a.application_name LIKE 'migrator/m/%%' ORDER BY l.mode"


def test_an_index_build_that_waits_lets_the_application_write(one_shop: Shop) -> None:
    migration, engine, modes = one_shop.write("m", expand=INDEX), one_shop.engine(), list[str]()
    with idle_in_transaction(one_shop, "SELECT count(*) FROM orders") as old, connect(one_shop.dsn) as application:

        def look() -> None:
            waits = "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for old snapshots'"
            wait_until(lambda: scalar(application, waits) > 0, "the build to wait")
            modes.extend(row["mode"] for row in application.execute(HELD.encode()))
            application.execute("SET lock_timeout = '1s'")
            application.execute("UPDATE users SET visits = visits + 1 WHERE id = 1")
            old.execute("ROLLBACK")

        with in_background(lambda: engine.expand(migration)):
            look()
    assert modes == ["ShareUpdateExclusiveLock"]


def test_what_locks_no_table_waits_for_other_ddl_with_a_limit(one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sessions that replace one function: the second waits for the first, and no table is locked meanwhile."""
    monkeypatch.setattr(executor, "_CATALOG_LOCK_SECONDS", 0.3)
    function = "CREATE OR REPLACE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT {}';"
    migration, tables = one_shop.write("m", expand=function.format(2)), list[int]()
    with connect(one_shop.dsn) as other, connect(one_shop.dsn) as watcher:
        other.execute(function.format(1).encode())
        other.execute("BEGIN")
        other.execute(function.format(3).encode())

        def look(event: Event) -> None:
            if event.kind is EventKind.STEP_FAILED:
                tables.append(len(watcher.execute(HELD.encode()).fetchall()))

        with pytest.raises(LockBudgetSpent, match="lock timeout"):
            one_shop.engine(look).expand(migration)
        assert tables == [0]
        other.execute("ROLLBACK")
    assert one_shop.engine().resume(migration).after.value == "expanded"
