"""What an interrupted non-transactional statement leaves, kind by kind, and that `resume` finishes it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from migrator.errors import LeaseHeld, LockBudgetSpent
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.phases.folder import Migration
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import names, scalar, users_parts
from tests.phases.scenes import idle_in_transaction, in_background, stopped_in

INVALID = "SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"
PENDING = "SELECT count(*) FROM pg_inherits i WHERE (to_jsonb(i) ->> 'inhdetachpending')::boolean"


def _cancelled_while(shop: Shop, migration: Migration, is_waiting: str, blocker: str) -> None:
    """Run the expand beside a session that it waits for, and let the watchdog's cancel come from outside."""
    with idle_in_transaction(shop, blocker), connect(shop.dsn) as watcher:
        engine = shop.engine()

        def run() -> None:
            with pytest.raises(LockBudgetSpent, match="was cancelled"):
                engine.expand(migration)

        with in_background(run):
            wait_until(lambda: scalar(watcher, is_waiting) is not None, "the statement to be half-way")
            watcher.execute("SELECT pg_cancel_backend(%s)", [scalar(watcher, is_waiting)])


def _ours(waits_on: str) -> str:
    return (
        "SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        f"WHERE NOT l.granted AND a.application_name LIKE 'migrator/%%' AND {waits_on}"
    )


def test_a_reindex_that_was_interrupted_leaves_no_copies(shop: Shop) -> None:
    with connect(shop.dsn) as connection:
        connection.execute("CREATE INDEX users_visits_idx ON users (visits)")
        migration = shop.write("m", expand="REINDEX TABLE CONCURRENTLY public.users;")
        building = "SELECT pid FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%'"
        _cancelled_while(shop, migration, building, "SELECT count(*) FROM users")
        copies = names(connection, INVALID)
        assert copies
        assert all("_ccnew" in name for name in copies)
        assert shop.engine().resume(migration).after.value == "expanded"
        assert names(connection, INVALID) == set()
        assert not [name for name in users_parts(connection)["indexes"] if "_cc" in name]


def test_another_migrations_reindex_copies_are_not_touched(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE INDEX users_visits_ccnew ON users (visits)")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_visits_ccnew'::regclass")
        migration = one_shop.write("m", expand="REINDEX INDEX CONCURRENTLY public.users_pkey;")
        assert one_shop.engine().expand(migration).after.value == "expanded"
        assert names(connection, INVALID) == {"users_visits_ccnew"}


@pytest.fixture
def parts(shop: Shop) -> Shop:
    with connect(shop.dsn) as connection:
        connection.execute("CREATE TABLE parts (id int) PARTITION BY RANGE (id)")
        connection.execute("CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)")
        connection.execute("CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (10) TO (20)")
    return shop


def test_a_detach_that_was_interrupted_is_finalized(parts: Shop) -> None:
    migration = parts.write("m", expand="ALTER TABLE public.parts DETACH PARTITION public.part_1 CONCURRENTLY;")
    waits = _ours("l.locktype = 'virtualxid'")
    _cancelled_while(parts, migration, waits, "SELECT count(*) FROM parts")
    with connect(parts.dsn) as connection:
        assert scalar(connection, PENDING) == 1
        assert parts.engine().resume(migration).after.value == "expanded"
        assert scalar(connection, PENDING) == 0
        assert scalar(connection, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'parts'::regclass") == 1
        assert scalar(connection, "SELECT to_regclass('part_1') IS NOT NULL")


@pytest.mark.parametrize(
    ("prepare", "expand"),
    [
        (
            "ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
            "ALTER TABLE public.users VALIDATE CONSTRAINT c;",
        ),
        ("SELECT 1", "ALTER TABLE public.users ALTER COLUMN visits DROP NOT NULL;"),
        ("CREATE INDEX users_visits_idx ON users (visits)", "DROP INDEX CONCURRENTLY public.users_visits_idx;"),
        ("CREATE RULE r AS ON DELETE TO orders DO NOTHING", "DROP RULE r ON public.orders;"),
        ("CREATE POLICY p ON orders", "DROP POLICY p ON public.orders;"),
        ("CREATE STATISTICS s ON id, visits FROM users", "DROP STATISTICS public.s;"),
        ("CREATE PUBLICATION p", "DROP PUBLICATION p;"),
        ("CREATE TYPE mood AS ENUM ('good')", "ALTER TYPE public.mood ADD VALUE 'bad';"),
        ("SELECT 1", "CREATE SCHEMA made;"),
    ],
)
def test_an_intent_alone_does_nothing_and_is_run(one_shop: Shop, prepare: str, expand: str) -> None:
    """Killed between the intent and the statement: the catalog shows that nothing happened."""
    with connect(one_shop.dsn) as connection:
        connection.execute(prepare.encode())
    migration = one_shop.write("m", expand=expand)
    stopped_in(one_shop, "expand")
    assert one_shop.engine().resume(migration).after.value == "expanded"
    assert EventKind.STEP_DONE in one_shop.kinds()


@contextmanager
def _orphan(shop: Shop, migration: Migration) -> Generator[int]:
    """A backend of a runner without its locks, at work on the step that the record names: as after a failover."""
    stopped_in(shop, "expand")
    with connect(shop.dsn, application_name="migrator/m/expand/1") as orphan, connect(shop.dsn) as watcher:
        pid = orphan.info.backend_pid
        watcher.execute(
            "UPDATE migrator.step SET backend_pid = a.pid, backend_start = a.backend_start "
            "FROM pg_stat_activity a WHERE a.pid = %s",
            [pid],
        )
        assert migration.id == "m"
        yield pid


def test_an_orphan_without_its_lock_is_found_by_pid_and_start(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand="ALTER TABLE public.users ADD COLUMN nick text;")
    with (
        _orphan(one_shop, migration) as pid,
        pytest.raises(LeaseHeld, match=rf"Step 1 of expand was begun by pid {pid} .* still at work") as caught,
    ):
        one_shop.engine().resume(migration)
    assert "reconcile m --cancel-orphan" in caught.value.todo
    wait_until(_gone(one_shop, pid), "the orphan to end")
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_another_session_with_the_pid_of_a_dead_runner_is_nobody(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand="ALTER TABLE public.users ADD COLUMN nick text;")
    with _orphan(one_shop, migration), connect(one_shop.dsn) as connection:
        connection.execute("UPDATE migrator.step SET backend_start = backend_start - interval '1 s'")
        engine = one_shop.engine(runner_wait=timedelta(0))
        assert engine.resume(migration).after.value == "expanded"


def _gone(shop: Shop, pid: int) -> Callable[[], bool]:
    def look() -> bool:
        with connect(shop.dsn) as connection:
            return not scalar(connection, "SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid)

    return look


def _settings(connection: Connection) -> dict[str, str]:
    wanted = ["tcp_keepalives_idle", "idle_in_transaction_session_timeout", "client_connection_check_interval"]
    rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY (%s)", [wanted])
    return {row["name"]: row["setting"] for row in rows}


def test_our_sessions_end_when_their_client_is_gone(connection: Connection) -> None:
    found = _settings(connection)
    assert found["tcp_keepalives_idle"] == "10"
    assert found["idle_in_transaction_session_timeout"] == "60000"
    assert found["client_connection_check_interval"] == "5000"
