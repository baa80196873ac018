"""Who is named when our session waits, whatever holds the lock; and when our own statement gives way."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import pytest

from migrator.events import EventKind
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.pg.blocker import Blocker, blockers, holders
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError, errors
from migrator.pg.observer import Observer, watch_try
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar
from tests.phases.scenes import in_background

_FIRST_LONG_TRY = 5
_IS_BETWEEN_TWO_LOCKS = """
    SELECT bool_or(granted AND relation = 'orders'::regclass) AND bool_or(NOT granted AND relation = 'users'::regclass)
    FROM pg_locks WHERE mode = 'AccessExclusiveLock'
"""
_IS_BEFORE_ITS_FIRST_LOCK = """
    SELECT count(*) = 1 AND bool_and(NOT granted AND relation = 'users'::regclass)
    FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation'
"""
USERS = (TableName("public", "users"), LockLevel.ACCESS_EXCLUSIVE)


@contextmanager
def _waiting(shop: Shop, text: str) -> Generator[tuple[Connection, int]]:
    """A session of ours that waits with a statement, until it is cancelled; and one that looks."""
    with connect(shop.dsn) as ours, connect(shop.dsn) as watcher:
        pid = ours.info.backend_pid

        def wait() -> None:
            with suppress(errors.QueryCanceled):
                ours.execute(text.encode())

        with in_background(wait):
            wait_until(lambda: bool(blockers(watcher, pid)), "the session to wait")
            try:
                yield watcher, pid
            finally:
                watcher.execute("SELECT pg_cancel_backend(%s)", [pid])


@pytest.mark.parametrize(
    ("held", "text", "lock"),
    [
        ("SELECT 1 FROM users LIMIT 1", "LOCK TABLE users", "holds ACCESS SHARE on users"),
        ("UPDATE users SET visits = 1 WHERE id = 1", "UPDATE users SET visits = 2 WHERE id = 1", "holds a row"),
        ("SELECT pg_advisory_xact_lock(7)", "SELECT pg_advisory_lock(7)", "holds an advisory lock"),
    ],
    ids=["table", "row", "advisory"],
)
def test_a_session_is_named_with_its_lock_and_role(one_shop: Shop, held: str, text: str, lock: str) -> None:
    with connect(one_shop.dsn, application_name="shop/report") as session:
        theirs, role = session.info.backend_pid, scalar(session, "SELECT current_user")
        session.execute(b"BEGIN;" + held.encode())
        with _waiting(one_shop, f"BEGIN; {text}") as (watcher, pid):
            (found,) = blockers(watcher, pid)
    assert (found.pid, found.application, found.role) == (theirs, "shop/report", role)
    assert (found.state, found.lock) == ("idle in transaction", lock)
    assert str(found).endswith(f", {lock}: BEGIN;{held})")


def test_a_prepared_transaction_is_named_by_its_gid(one_shop: Shop) -> None:
    """pg_blocking_pids tells of it as the session 0, which is in no pg_stat_activity."""
    with connect(one_shop.dsn) as session:
        session.execute("BEGIN; UPDATE users SET visits = 7 WHERE id = 1; PREPARE TRANSACTION 'half'")
        try:
            with _waiting(one_shop, "BEGIN; LOCK TABLE users") as (watcher, pid):
                (found,) = blockers(watcher, pid)
                assert "gid 'half'" in [held.query for held in holders(watcher, [USERS])]
        finally:
            session.execute("ROLLBACK PREPARED 'half'")
    assert found.pid is None
    assert str(found).startswith("gid 'half' (prepared transaction, role ")
    assert found.lock == "holds ROW EXCLUSIVE on users"


def test_afterwards_all_who_hold_or_await_what_is_in_the_way(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as session, connect(one_shop.dsn) as harmless:
        session.execute("BEGIN; SELECT 1 FROM users LIMIT 1")
        theirs = session.info.backend_pid
        harmless.execute("BEGIN; SELECT 1 FROM orders LIMIT 1")
        with _waiting(one_shop, "BEGIN; LOCK TABLE users IN EXCLUSIVE MODE; LOCK TABLE users") as (watcher, pid):
            locks = {held.pid: held.lock for held in holders(watcher, [USERS])}
    assert locks == {theirs: "holds ACCESS SHARE on users", pid: "holds EXCLUSIVE on users"}


def _watched(shop: Shop, text: str, limit_seconds: float, told: Callable[[tuple[Blocker, ...]], None]) -> DatabaseError:
    """Run a statement that has no `lock_timeout` under the watch, and return why it was cancelled."""
    observer = Observer(lambda: connect(shop.dsn))
    try:
        with (
            connect(shop.dsn) as ours,
            watch_try(observer, ours.info.backend_pid, limit_seconds, told) as watch,
            pytest.raises(errors.QueryCanceled),
        ):
            ours.execute(text.encode())
    finally:
        observer.close()
    assert watch.given_up is not None
    return watch.given_up


def test_all_waits_together_are_no_longer_than_one(one_shop: Shop) -> None:
    """Sessions that let go one after the other: `lock_timeout` would begin anew at each lock."""
    told = list[tuple[Blocker, ...]]()
    with connect(one_shop.dsn) as session:
        session.execute("BEGIN; SELECT 1 FROM users LIMIT 1")
        theirs = session.info.backend_pid
        reason = _watched(one_shop, "BEGIN; LOCK TABLE users", 0.2, told.append)
    assert isinstance(reason, errors.LockNotAvailable)
    assert [blocker.pid for found in told for blocker in found] == [theirs]


def test_in_a_deadlock_the_application_is_not_the_victim(one_shop: Shop) -> None:
    """It would be, with a check of its own that comes before ours."""
    migration = one_shop.write("m", expand="BEGIN; LOCK TABLE public.orders; LOCK TABLE public.users; COMMIT;")
    engine = one_shop.engine()
    with connect(one_shop.dsn, application_name="shop/web") as session, connect(one_shop.dsn) as watcher:
        session.execute("SET deadlock_timeout = '400ms'")
        session.execute("BEGIN; UPDATE users SET visits = 1 WHERE id = 1")

        def is_in_a_long_try() -> bool:
            tries = sum(kind is EventKind.LOCK_WAITING for kind in one_shop.kinds())
            return tries == _FIRST_LONG_TRY and scalar(watcher, _IS_BETWEEN_TWO_LOCKS)

        with in_background(lambda: engine.expand(migration)):
            wait_until(is_in_a_long_try, "a try that is longer than the application's deadlock_timeout")
            session.execute("SELECT count(*) FROM orders")
            wait_until(lambda: scalar(watcher, _IS_BEFORE_ITS_FIRST_LOCK), "a try in the application's order")
            session.execute("UPDATE orders SET amount = 1")
            session.execute("COMMIT")
    assert EventKind.LOCK_RETRY in one_shop.kinds()
    assert one_shop.state("m") == "expanded"
