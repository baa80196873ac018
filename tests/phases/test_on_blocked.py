"""`on_blocked = "cancel"` with real sessions in the way: who is ended, who is left, and what the audit says."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from migrator.errors import LockBudgetSpent
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar
from tests.phases.scenes import INDEX, NICK, idle_in_transaction, in_background, owned

AT_ONCE: dict[str, Any] = {
    "on_blocked": "cancel",
    "cancel_applications": ("shop/*",),
    "cancel_idle_after": timedelta(milliseconds=10),
    "cancel_query_after": timedelta(milliseconds=10),
}


def _audited(shop: Shop) -> list[dict[str, Any]]:
    with connect(shop.dsn) as connection:
        rows = connection.execute("SELECT actor, detail FROM migrator.audit WHERE action = 'blocker.cancelled'")
        return [{"actor": row["actor"], **row["detail"]} for row in rows]


def _is_there(shop: Shop, pid: int) -> bool:
    with connect(shop.dsn) as connection:
        return bool(scalar(connection, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid))


def test_a_session_that_idles_in_its_transaction_is_ended(shop: Shop) -> None:
    migration = shop.write("m", expand=NICK)
    with idle_in_transaction(shop) as session:
        pid = session.info.backend_pid
        assert shop.engine(**AT_ONCE).expand(migration).after.value == "expanded"
        wait_until(lambda: not _is_there(shop, pid), "the session to end")
        with pytest.raises(DatabaseError, match="terminating connection"):
            session.execute("SELECT 1")
    (row,) = _audited(shop)
    assert (row["actor"], row["pid"], row["application"]) == ("tester", pid, "shop/report")
    assert row["query"] == "SELECT count(*) FROM users"
    assert row["reason"].startswith("idle in transaction for")
    assert [e.data["pid"] for e in shop.heard if e.kind is EventKind.BLOCKER_CANCELLED] == [pid]


def _ended_in_between() -> AbstractContextManager[object]:
    """Let a session of the test find out at its end that it was ended."""
    return pytest.raises(DatabaseError, match="terminating connection")


@contextmanager
def _long_query(shop: Shop, errors: list[str]) -> Generator[Connection]:
    """A session of the application in one long query that holds a lock on users."""
    with connect(shop.dsn, application_name="shop/report") as session, connect(shop.dsn) as watcher:

        def run() -> None:
            try:
                session.execute("SELECT pg_sleep(60) FROM (SELECT FROM users LIMIT 1) u")
            except DatabaseError as exc:
                errors.append(str(exc.diag.message_primary))

        with in_background(run):
            sleeps = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
            wait_until(lambda: scalar(watcher, sleeps, session.info.backend_pid) > 0, "the query to run")
            yield session


def test_a_long_query_is_cancelled_and_its_session_stays(one_shop: Shop) -> None:
    migration, errors = one_shop.write("m", expand=NICK), list[str]()
    with _long_query(one_shop, errors) as session:
        assert one_shop.engine(**AT_ONCE).expand(migration).after.value == "expanded"
        wait_until(lambda: bool(errors), "the query to end")
        session.execute("SELECT 1")
    assert errors == ["canceling statement due to user request"]
    assert _audited(one_shop)[0]["reason"].startswith("in one query for")


def test_a_transaction_that_never_rests_is_ended_with_its_session(one_shop: Shop) -> None:
    """Its queries are short and its pauses too: only `terminate` ends it, by the age of its transaction."""
    migration = one_shop.write("m", expand=NICK)
    long = {"cancel_idle_after": timedelta(hours=1), "cancel_query_after": timedelta(hours=1)}
    brief = {**AT_ONCE, **long, "budget": timedelta(milliseconds=500)}
    with _ended_in_between(), idle_in_transaction(one_shop):
        with pytest.raises(LockBudgetSpent):
            one_shop.engine(**brief).expand(migration)
        assert _audited(one_shop) == []
        ending = {**brief, "on_blocked": "terminate", "terminate_after": timedelta(milliseconds=10)}
        assert one_shop.engine(**ending).resume(migration).after.value == "expanded"
    assert _audited(one_shop)[0]["reason"].endswith("its session was ended")


def test_it_is_ended_before_a_lock_is_asked_for_when_it_is_old(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    old = {"old_transaction": timedelta(0), "budget": timedelta(seconds=10)}
    with _ended_in_between(), idle_in_transaction(one_shop):
        assert one_shop.engine(**AT_ONCE, **old).expand(migration).after.value == "expanded"
    kinds = one_shop.kinds()
    assert kinds.index(EventKind.BLOCKER_CANCELLED) < kinds.index(EventKind.LOCK_WAITING)
    assert EventKind.LOCK_RETRY not in kinds


def test_an_index_build_frees_itself_of_an_allowed_snapshot(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=INDEX)
    with _ended_in_between(), idle_in_transaction(one_shop, "SELECT count(*) FROM orders"):
        assert one_shop.engine(**AT_ONCE).expand(migration).after.value == "expanded"
    assert len(_audited(one_shop)) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {**AT_ONCE, "on_blocked": "wait"},
        {**AT_ONCE, "cancel_applications": ("billing/*",)},
        {**AT_ONCE, "cancel_applications": (), "cancel_roles": ("nobody",)},
        {**AT_ONCE, "cancel_idle_after": timedelta(minutes=1)},
    ],
    ids=["default", "wait", "application", "role", "too young"],
)
def test_who_is_not_on_the_list_is_left_alone(one_shop: Shop, settings: dict[str, Any]) -> None:
    migration = one_shop.write("m", expand=NICK)
    with idle_in_transaction(one_shop) as session:
        with pytest.raises(LockBudgetSpent, match="shop/report"):
            one_shop.engine(**{**settings, "budget": timedelta(milliseconds=1500)}).expand(migration)
        assert scalar(session, "SELECT 1") == 1
    assert _audited(one_shop) == []


def test_a_role_that_may_not_cancel_says_so_in_the_audit(one_shop: Shop) -> None:
    """The owner of the tables is an ordinary role; the session in the way is a superuser's."""
    with owned(one_shop, "IN ROLE pg_read_all_stats") as owner:
        migration = owner.write("m", expand=NICK)
        with idle_in_transaction(one_shop), pytest.raises(LockBudgetSpent):
            owner.engine(**AT_ONCE, budget=timedelta(milliseconds=1500)).expand(migration)
    with connect(one_shop.dsn) as connection:
        refused = "SELECT detail ->> 'error' FROM migrator.audit WHERE action = 'blocker.cancel_refused'"
        assert "permission denied to terminate process" in scalar(connection, refused)
