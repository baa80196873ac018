"""Who stood in the way at the end of a wait is named; what would fail the application, or passes, is given way to."""

from datetime import timedelta

import pytest

from migrator.errors import LockBudgetSpent
from migrator.events import EventKind
from migrator.pg.connection import connect
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar
from tests.phases.scenes import INDEX, NICK, ended, idle_in_transaction, in_background, owned

BRIEF = timedelta(milliseconds=300)


def test_a_look_after_the_last_try(one_shop: Shop) -> None:
    """No second session had room to look during the tries; what others do is not shown without pg_read_all_stats."""
    with owned(one_shop, "CONNECTION LIMIT 1") as owner, idle_in_transaction(one_shop) as session:
        pid = session.info.backend_pid
        with pytest.raises(LockBudgetSpent) as caught:
            owner.engine(budget=BRIEF).expand(owner.write("m", expand=NICK))
        assert EventKind.LOCK_BLOCKED not in owner.kinds()
    role = "role postgres"
    assert f"; it was held by pid {pid} (shop/report, {role}, holds ACCESS SHARE on users: " in caught.value.situation
    assert "shown only to members of pg_read_all_stats" in caught.value.situation


def test_where_nobody_can_be_named_it_says_why(one_shop: Shop) -> None:
    """The step waits for no table, so that there is nothing to look at afterwards."""
    take = "SELECT pg_advisory_xact_lock(7)"
    with owned(one_shop, "CONNECTION LIMIT 1") as owner, idle_in_transaction(one_shop, take):
        migration = owner.write(
            "m", expand="-- migrator:step lock=strong\nDO $$BEGIN PERFORM pg_advisory_xact_lock(7); END$$;"
        )
        with pytest.raises(LockBudgetSpent) as caught:
            owner.engine(budget=BRIEF).expand(migration)
    assert "nobody was seen who held it: the session that looks had no answer (" in caught.value.situation
    assert "too many connections for role" in caught.value.situation


def test_a_build_gives_way_to_an_application_that_asks_for_more(one_shop: Shop) -> None:
    """It waits for the writer's end, and the writer for it: begun later, the writer's wait would be the one to fail."""
    migration, engine = one_shop.write("m", expand=INDEX), one_shop.engine()
    with connect(one_shop.dsn, application_name="shop/job") as session, connect(one_shop.dsn) as watcher:
        session.execute("BEGIN; UPDATE users SET visits = 1 WHERE id = 1")
        waits = (
            "SELECT clock_timestamp() - waitstart > '1.2s' FROM pg_locks WHERE NOT granted AND locktype = 'virtualxid'"
        )
        with ended(lambda: engine.expand(migration), LockBudgetSpent):
            wait_until(lambda: bool(scalar(watcher, waits)), "the server's look for a deadlock to be over")
            session.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
            session.execute("COMMIT")
    (failed,) = [event.data["error"] for event in one_shop.heard if event.kind is EventKind.STEP_FAILED]
    assert "it would have been a deadlock with another session; it waited for pid" in str(failed)
    assert "(shop/job, " in str(failed)
    assert engine.resume(migration).after.value == "expanded"


@pytest.mark.parametrize("expand", [NICK, "ALTER TABLE public.users SET (fillfactor = 90);"], ids=["strong", "weak"])
def test_a_row_of_the_catalog_that_somebody_else_changed_is_tried_again(one_shop: Shop, expand: str) -> None:
    """GRANT locks no table: our statement waits for its end, and then the server gives up ours."""
    migration, engine = one_shop.write("m", expand=expand), one_shop.engine()
    with connect(one_shop.dsn) as session, connect(one_shop.dsn) as watcher:
        session.execute("BEGIN; GRANT SELECT ON users TO PUBLIC")
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with in_background(lambda: engine.expand(migration)):
            wait_until(lambda: scalar(watcher, waits) > 0, "our statement to wait for the row")
            session.execute("COMMIT")
    assert one_shop.state("m") == "expanded"
