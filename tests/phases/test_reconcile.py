"""`migrator reconcile`: what it finds after each kind of accident, what it puts right, and a person's word."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from migrator.clock import SystemClock
from migrator.config import LockSettings
from migrator.errors import InputError, LeaseHeld, OutcomeUnknown, Refused
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError
from migrator.phases.differences import Difference, Remedy, find_differences
from migrator.phases.reconcile import Reconciler, readable
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.fix_server import wait_until
from tests.phases.looking import scalar, users_parts
from tests.phases.scenes import INDEX, NICK, idle_in_transaction, in_background, stopped_in, with_every_phase

UNKNOWN = '-- migrator:step txn=none probe="SELECT NULL::boolean"\nCALL public.work();'


def _reconciler(shop: Shop) -> Reconciler:
    return Reconciler(shop.dsn, LockSettings(runner_wait=timedelta(0)), SystemClock(), "dana")


def _differences(shop: Shop) -> tuple[Difference, ...]:
    migrations, problems = readable(shop.migrations)
    assert problems == ()
    with connect(shop.dsn) as connection:
        return find_differences(connection, migrations)


def _one(shop: Shop) -> Difference:
    (found,) = _differences(shop)
    return found


def _state(shop: Shop, name: str = "m") -> list[str]:
    with connect(shop.dsn) as connection:
        return [step.state for step in Store(connection, "test").all_steps(name)]


def _execute(shop: Shop, text: str) -> None:
    with connect(shop.dsn) as connection:
        connection.execute(text.encode())


def test_after_every_phase_records_and_catalog_agree(shop: Shop) -> None:
    migration = shop.render_rename()
    assert _differences(shop) == ()
    for phase in ("expand", "migrate", "contract"):
        getattr(shop.engine(), phase)(migration)
        assert _differences(shop) == (), phase


def test_after_an_abort_they_agree(one_shop: Shop) -> None:
    migration = one_shop.render_rename()
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    one_shop.engine().abort(migration)
    assert _differences(one_shop) == ()


def test_a_step_that_did_not_run(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    stopped_in(one_shop, "expand")
    found = _one(one_shop)
    assert (found.subject, found.remedy, found.is_done) == ("step 1 of expand", Remedy.RECORD, False)
    assert "its session has ended and it is not done" in found.situation
    _reconciler(one_shop).apply([found])
    assert _state(one_shop) == ["interrupted"]
    assert _differences(one_shop) == ()
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_a_step_that_ran_and_was_not_recorded(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=INDEX)
    stopped_in(one_shop, "expand", EventKind.STEP_EXECUTED)
    found = _one(one_shop)
    assert (found.remedy, found.is_done) == (Remedy.RECORD, True)
    assert "recorded as running, but it is done" in found.situation
    _reconciler(one_shop).apply([found])
    assert _state(one_shop) == ["done"]
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_an_invalid_index_of_a_step_is_dropped(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=INDEX)
    stopped_in(one_shop, "expand")
    _execute(one_shop, "CREATE INDEX users_name_idx ON users (name)")
    _execute(one_shop, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_name_idx'::regclass")
    found = _one(one_shop)
    assert (found.remedy, found.sql) == (Remedy.CLEAN, ("DROP INDEX CONCURRENTLY public.users_name_idx",))
    assert _reconciler(one_shop).apply([found]) == (found,)
    assert _differences(one_shop) == ()
    with connect(one_shop.dsn) as connection:
        assert scalar(connection, "SELECT to_regclass('users_name_idx') IS NULL")
        assert scalar(connection, "SELECT actor FROM migrator.audit WHERE action = 'reconcile.applied'") == "dana"
    assert one_shop.engine().resume(migration).after.value == "expanded"


def test_what_somebody_took_away_after_it_was_done(one_shop: Shop) -> None:
    migration = with_every_phase(one_shop).migration("m")
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    assert _differences(one_shop) == ()
    _execute(one_shop, "DROP INDEX users_name_idx")
    _execute(one_shop, "ALTER TABLE users DROP COLUMN nick")
    found = {item.subject: item for item in _differences(one_shop)}
    assert set(found) == {"step 1 of expand", "step 1 of migrate"}
    assert "column public.users.nick is there (absent)" in found["step 1 of expand"].situation
    assert {item.remedy for item in found.values()} == {Remedy.PERSON}
    assert _reconciler(one_shop).apply(found.values()) == ()
    assert len(_differences(one_shop)) == 2


def test_what_a_later_step_took_away_is_no_difference(one_shop: Shop) -> None:
    expand = "CREATE TABLE public.made (id int, CONSTRAINT c CHECK (id > 0)); ALTER TABLE public.made DROP COLUMN id;"
    migration = one_shop.write("m", expand=expand, migrate="DROP TABLE public.made;", abort="SELECT 1;")
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    assert _differences(one_shop) == ()


def test_an_invalid_index_of_a_stranger_is_told_and_left(one_shop: Shop) -> None:
    _execute(one_shop, "CREATE INDEX theirs ON users (visits)")
    _execute(one_shop, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'theirs'::regclass")
    found = _one(one_shop)
    assert (found.migration, found.subject, found.remedy) == ("", "index public.theirs", Remedy.PERSON)
    assert "DROP INDEX CONCURRENTLY public.theirs" in found.action
    assert _reconciler(one_shop).apply([found]) == ()


def test_triggers_and_functions_that_outlived_their_migration(one_shop: Shop) -> None:
    migration = one_shop.render_rename()
    one_shop.engine().expand(migration)
    assert _differences(one_shop) == ()
    _execute(one_shop, "UPDATE migrator.migration SET state = 'aborted'")
    found = {item.subject.split()[0]: item for item in _differences(one_shop)}
    assert set(found) == {"trigger", "function"}
    assert {item.remedy for item in found.values()} == {Remedy.PERSON}
    assert "at a quiet time: DROP TRIGGER zz_migrator_" in found["trigger"].action
    for item in _differences(one_shop):
        if item.subject.startswith("trigger"):
            _execute(one_shop, item.action.removeprefix("at a quiet time: "))
    left = _one(one_shop)
    assert left.remedy is Remedy.CLEAN
    _reconciler(one_shop).apply([left])
    assert _differences(one_shop) == ()


def test_a_session_of_a_dead_runner_is_cancelled_on_request(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    stopped_in(one_shop, "expand")
    with _busy_orphan(one_shop) as (orphan, pid):
        found = _one(one_shop)
        assert (found.remedy, str(pid) in found.situation) == (Remedy.WAIT, True)
        with pytest.raises(LeaseHeld, match="was cancelled and is still connected"):
            _reconciler(one_shop).cancel_orphans("m")  # its client, this test, is alive
        orphan.close()
    with connect(one_shop.dsn) as connection:
        audited = "SELECT (detail ->> 'pid')::int FROM migrator.audit WHERE action = 'orphan.cancelled'"
        assert scalar(connection, audited) == pid
    assert one_shop.engine().resume(migration).after.value == "expanded"


@contextmanager
def _busy_orphan(shop: Shop) -> Generator[tuple[Connection, int]]:
    with connect(shop.dsn, application_name="migrator/m/expand/1") as orphan:
        pid = orphan.info.backend_pid
        text = (
            "UPDATE migrator.step SET (backend_pid, backend_start) = (SELECT pid, backend_start FROM pg_stat_activity"
        )
        _execute(shop, f"{text} WHERE pid = {pid})")
        yield orphan, pid


def _unknown(shop: Shop) -> None:
    _execute(shop, "CREATE PROCEDURE work() LANGUAGE sql AS 'INSERT INTO migrator.replica (name) VALUES (''worked'')'")
    shop.write("m", expand=UNKNOWN)
    stopped_in(shop, "expand")
    with pytest.raises(OutcomeUnknown):
        shop.engine().resume(shop.migration("m"))


@pytest.mark.parametrize("is_done", [True, False])
def test_a_person_says_what_happened(one_shop: Shop, is_done: bool) -> None:
    _unknown(one_shop)
    found = _one(one_shop)
    assert (found.remedy, found.is_done) == (Remedy.PERSON, None)
    assert _reconciler(one_shop).apply([found]) == ()
    reason = "looked at the table that it fills"
    _reconciler(one_shop).decide("m", None, 1, is_done=is_done, reason=reason)
    assert _state(one_shop) == ["done" if is_done else "interrupted"]
    with connect(one_shop.dsn) as connection:
        row = connection.execute("SELECT actor, detail FROM migrator.audit WHERE action = 'step.decided'").fetchone()
        assert row
        assert (row["actor"], row["detail"]["reason"]) == ("dana", reason)
        assert row["detail"]["decided"] == ("done" if is_done else "not done")
        if is_done:
            assert one_shop.engine().resume(one_shop.migration("m")).after.value == "expanded"
        ran = scalar(connection, "SELECT count(*) FROM migrator.replica WHERE name = 'worked'")
    assert ran == 0


def test_a_word_that_cannot_be_taken(one_shop: Shop) -> None:
    _unknown(one_shop)
    acting, why = _reconciler(one_shop), "looked at the table"
    with pytest.raises(InputError, match="shorter than"):
        acting.decide("m", None, 1, is_done=True, reason="ok")
    with pytest.raises(InputError, match="has no record of a step 2 of expand"):
        acting.decide("m", "expand", 2, is_done=True, reason=why)
    acting.decide("m", "expand", 1, is_done=True, reason=why)
    with pytest.raises(Refused, match="has ended already"):
        acting.decide("m", "expand", 1, is_done=False, reason=why)


def test_a_folder_that_cannot_be_read_hides_no_other(one_shop: Shop) -> None:
    one_shop.write("m", expand=NICK)
    (one_shop.migrations / "broken").mkdir()
    (one_shop.migrations / "broken" / "migration.toml").write_text("nonsense")
    migrations, problems = readable(one_shop.migrations)
    assert [migration.id for migration in migrations] == ["m"]
    assert "broken" in problems[0]


def test_a_column_that_stands_is_left_alone(one_shop: Shop) -> None:
    """A failed step of which nothing is there is a failure, and no difference."""
    migration = one_shop.write("m", expand="ALTER TABLE public.users ADD COLUMN nick nonsense;")
    with pytest.raises(Exception, match="does not exist"):
        one_shop.engine().expand(migration)
    assert _state(one_shop) == ["failed"]
    assert _differences(one_shop) == ()
    with connect(one_shop.dsn) as connection:
        assert "nick" not in users_parts(connection)["columns"]


REINDEX = "REINDEX TABLE CONCURRENTLY public.users;"


def _leave_a_copy(shop: Shop) -> None:
    _execute(shop, "CREATE INDEX users_pkey_ccnew ON users (id)")
    _execute(shop, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_pkey_ccnew'::regclass")


def test_copies_of_a_reindex_are_dropped_also_when_their_migration_was_given_up(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=REINDEX, abort="SELECT 1;")
    stopped_in(one_shop, "expand")
    _leave_a_copy(one_shop)
    assert (_one(one_shop).remedy, _one(one_shop).subject) == (Remedy.CLEAN, "step 1 of expand")
    one_shop.engine().abort(migration)
    found = _one(one_shop)
    assert (found.remedy, found.migration, found.subject) == (Remedy.CLEAN, "m", "index public.users_pkey_ccnew")
    assert "a copy that an interrupted REINDEX CONCURRENTLY left" in found.situation
    _reconciler(one_shop).apply([found])
    assert _differences(one_shop) == ()


def test_copies_of_somebody_elses_reindex_are_told_when_it_is_over(one_shop: Shop) -> None:
    """While it runs, all copies of the table's indexes are invalid, and only one of them is being built."""
    _execute(one_shop, "CREATE INDEX users_visits ON users (visits)")
    with idle_in_transaction(one_shop, "SELECT count(*) FROM orders"), connect(one_shop.dsn) as watcher:

        def reindex() -> None:
            with pytest.raises(DatabaseError, match="canceling"):
                _execute(one_shop, REINDEX)

        with in_background(reindex):
            waits = "SELECT pid FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%'"
            wait_until(lambda: scalar(watcher, waits) is not None, "the REINDEX to wait for the reader")
            copies = "SELECT count(*) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE NOT i.indisvalid"
            assert scalar(watcher, f"{copies} AND c.relname LIKE 'users%%'") > 1
            assert _differences(one_shop) == ()
            watcher.execute("SELECT pg_cancel_backend(%s)", [scalar(watcher, waits)])
    found = _differences(one_shop)
    assert {(item.remedy, item.migration) for item in found} == {(Remedy.PERSON, "")}
    assert {item.subject for item in found} >= {"index public.users_visits_ccnew"}
    assert "DROP INDEX CONCURRENTLY public.users_visits_ccnew" in "".join(item.action for item in found)
