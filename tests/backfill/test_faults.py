"""What a busy server does to a backfill, and that the application never pays for it."""

from functools import partial

import pytest

from migrator.backfill.retries import open_session
from migrator.backfill.runner import BackfillRunner
from migrator.clock import SystemClock
from migrator.errors import DatabaseFailed, InputError, LockBudgetSpent
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection, connect
from migrator.state import backfills
from tests.backfill.proxy import CommitCutter
from tests.backfill.scenes import (
    MIGRATION,
    Background,
    Heard,
    a_role,
    install_state,
    make_table,
    request,
    spec,
    touched,
)
from tests.fix_server import Database, wait_until

SMALL = {"batch_size": 30, "target_batch": "2ms"}


@pytest.fixture(autouse=True)
def _state(request: pytest.FixtureRequest) -> None:
    name = next(name for name in ("private_connection", "one_connection") if name in request.fixturenames)
    install_state(request.getfixturevalue(name))


def terminate(connection: Connection) -> None:
    connection.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name = 'migrator/backfill' AND datname = current_database()"""
    )


def test_a_lost_connection_is_opened_again(one_database: Database, one_connection: Connection) -> None:
    """After the first batch, and after the last one: ANALYZE and the end are tried again as well."""
    make_table(one_connection, "integer", 1000)
    heard, left = Heard(), [1, 1000]

    def lose(event: Event) -> None:
        if left and int(str(event.data["keys_done"])) >= left[0]:
            left.pop(0)
            terminate(one_connection)

    heard.on[EventKind.BACKFILL_BATCH] = lose
    result = BackfillRunner(request(one_database.dsn, spec(limits=SMALL), heard)).run()
    assert len(heard.of(EventKind.BACKFILL_RETRY)) == 2
    assert touched(one_connection) == {1: 1000}
    assert result.rows_done == 1000
    told = {event.data["sqlstate"] for event in heard.of(EventKind.BACKFILL_RETRY)}
    assert told <= {"57P01", "08006"}, "the server's word, or that of the driver when the socket was gone first"


@pytest.mark.parametrize("is_forwarded", [True, False], ids=["committed", "not-committed"])
def test_a_connection_lost_in_commit(is_forwarded: bool, one_database: Database, one_connection: Connection) -> None:
    """The client never hears how its COMMIT ended: the checkpoint tells, and no row is touched twice or never."""
    make_table(one_connection, "integer", 1000)
    with CommitCutter(one_database.dsn, cut_commits={4, 7}, is_forwarded=is_forwarded) as proxy:
        heard = Heard()
        result = BackfillRunner(request(proxy.dsn, spec(limits=SMALL), heard)).run()
    assert proxy.cuts == 2
    assert len(heard.of(EventKind.BACKFILL_RETRY)) == 2
    assert touched(one_connection) == {1: 1000}
    assert result.rows_done == 1000


def test_a_server_that_restarts_is_waited_for(private_database: Database, private_connection: Connection) -> None:
    make_table(private_connection, "integer", 2000)
    heard = Heard()

    def restart(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 3:
            private_database.server.primary.restart("immediate")

    heard.on[EventKind.BACKFILL_BATCH] = restart
    result = BackfillRunner(request(private_database.dsn, spec(limits=SMALL), heard)).run()
    with connect(private_database.dsn) as again:
        assert touched(again) == {1: 2000}
    assert result.rows_done == 2000


def test_a_server_that_stays_away_ends_the_run(private_database: Database, private_connection: Connection) -> None:
    make_table(private_connection, "integer", 2000)
    heard = Heard()
    heard.on[EventKind.BACKFILL_BATCH] = lambda _: private_database.server.primary.stop("immediate")
    with pytest.raises(DatabaseFailed, match="failed"):
        BackfillRunner(request(private_database.dsn, spec(limits=SMALL), heard, reconnect_seconds=0.5)).run()
    private_database.server.primary.start()
    BackfillRunner(request(private_database.dsn, spec(limits=SMALL))).run()
    with connect(private_database.dsn) as again:
        assert touched(again) == {1: 2000}


def test_a_deadlock_never_hits_the_application(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "unique", 200)
    heard = Heard()
    with connect(one_database.dsn) as application, application.transaction():
        application.execute("UPDATE items SET junk = 1 WHERE id = 150")
        run = Background(BackfillRunner(request(one_database.dsn, spec(limits={"batch_size": 200}), heard)))
        wait_until(lambda: waits_for_a_row(one_connection), "the backfill waits for row 150")
        application.execute("UPDATE items SET junk = 1 WHERE id = 10")  # held by the batch that waits for us
    assert run.result().rows_done == 200
    assert touched(one_connection) == {1: 200}
    assert {event.data["sqlstate"] for event in heard.of(EventKind.BACKFILL_RETRY)} == {"55P03"}


def test_a_row_held_for_long_is_named_at_last(
    one_database: Database, one_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrator.backfill.retries._ATTEMPTS", 3)
    make_table(one_connection, "unique", 200)
    with connect(one_database.dsn) as application, application.transaction():
        application.execute("UPDATE items SET junk = 1 WHERE id = 150")
        with pytest.raises(LockBudgetSpent, match=r"3 times: .*lock timeout .*55P03"):
            BackfillRunner(request(one_database.dsn, spec(limits={"batch_size": 200}))).run()
    assert BackfillRunner(request(one_database.dsn, spec())).run().rows_done == 200
    assert touched(one_connection) == {1: 200}


def test_a_batch_that_is_too_slow_gets_smaller(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 60)
    heard = Heard()
    slow = {"touched": "CASE WHEN pg_sleep(0.03 + 0 * id) IS NULL THEN 9 ELSE touched + 1 END"}
    limits = {"batch_size": 60, "target_batch": "100ms"}
    result = BackfillRunner(request(one_database.dsn, spec(set=slow, limits=limits), heard)).run()
    assert touched(one_connection) == {1: 60}
    retries = heard.of(EventKind.BACKFILL_RETRY)
    assert [(event.data["sqlstate"], event.data["batch_size"]) for event in retries] == [("57014", 15)]
    assert result.batches >= 4


def test_a_cancelled_batch_is_not_tried_again(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 60)
    slow = {"touched": "CASE WHEN pg_sleep(0.5 + 0 * id) IS NULL THEN 9 ELSE touched + 1 END"}
    backfill = spec(set=slow, limits={"batch_size": 60, "target_batch": "60s"})
    run = Background(BackfillRunner(request(one_database.dsn, backfill)))
    cancel = b"""SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'migrator/backfill' AND query LIKE 'UPDATE%' AND state = 'active'"""
    wait_until(lambda: bool(one_connection.execute(cancel).fetchall()), "a person cancels the batch")
    with pytest.raises(DatabaseFailed, match="57014"):
        run.result()


def test_a_poison_row_stops_the_run_and_names_its_place(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "unique", 100)
    one_connection.execute("ALTER TABLE items ADD CHECK (id <> 70 OR touched = 0)")
    backfill = spec(limits={"batch_size": 20, "quarantine_limit": 0})
    with pytest.raises(DatabaseFailed, match=r"after key 50\) failed: new row .* violates check.*23514"):
        BackfillRunner(request(one_database.dsn, backfill)).run()
    record = backfills.read(one_connection, MIGRATION, "items_touched")
    assert (record.state, record.rows_done) == ("running", 50)
    one_connection.execute("ALTER TABLE items DROP CONSTRAINT items_check")
    BackfillRunner(request(one_database.dsn, backfill)).run()
    assert touched(one_connection) == {1: 100}


def test_rows_hidden_by_policies_are_an_error_and_not_skipped(
    one_database: Database, one_connection: Connection
) -> None:
    make_table(one_connection, "integer", 100)
    with a_role(one_connection, "limited") as role:
        one_connection.execute(f"GRANT USAGE ON SCHEMA migrator TO {role}".encode())
        one_connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA migrator, public TO {role}".encode())
        one_connection.execute("ALTER TABLE items ENABLE ROW LEVEL SECURITY")
        one_connection.execute("CREATE POLICY even ON items USING (id % 2 = 0)")
        dsn = one_database.server.primary.dsn_of(one_database.name, role, "secret")
        with pytest.raises(InputError, match="Row-level security of"):
            BackfillRunner(request(dsn, spec())).run()
        one_connection.execute("DROP POLICY even ON items")


def waits_for_a_row(connection: Connection) -> bool:
    row = connection.execute(
        """SELECT count(*) AS waiting FROM pg_stat_activity
           WHERE application_name = 'migrator/backfill' AND wait_event_type = 'Lock'"""
    ).fetchone()
    return bool(row and row["waiting"])


def test_an_expression_that_the_server_refuses(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 10)
    wrong = [
        (spec(set={"nothing": "1"}), "nothing"),
        (spec(set={"touched": "no_such_column"}), "no_such_column"),
        (spec(name="other", where="touched"), "boolean"),
    ]
    for backfill, message in wrong:
        with pytest.raises(InputError, match=message):
            BackfillRunner(request(one_database.dsn, backfill, clock=SystemClock())).run()
        one_connection.execute("DELETE FROM migrator.backfill")


def test_a_vacuum_is_waited_for_at_the_end(one_database: Database, one_connection: Connection) -> None:
    """ANALYZE needs the lock that a vacuum holds; nobody waits behind it, so it may wait longer than a batch."""
    make_table(one_connection, "integer", 100)
    heard = Heard()
    with connect(one_database.dsn) as vacuum:
        vacuum.execute("BEGIN")
        vacuum.execute("LOCK TABLE items IN SHARE UPDATE EXCLUSIVE MODE")
        run = Background(BackfillRunner(request(one_database.dsn, spec(limits=SMALL), heard)))
        waits = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ANALYZE%'"
        wait_until(lambda: one_connection.execute(waits.encode()).fetchone() == {"n": 1}, "ANALYZE waits")
        long = f"{waits} AND clock_timestamp() - query_start > '0.5 s'"
        wait_until(lambda: one_connection.execute(long.encode()).fetchone() == {"n": 1}, "it goes on waiting")
        vacuum.execute("COMMIT")
    assert run.result().rows_done == 100
    assert heard.of(EventKind.BACKFILL_RETRY) == []


def test_a_limit_for_the_application_s_statements_is_not_ours(
    one_database: Database, one_connection: Connection
) -> None:
    """Batches have their own; what is asked between them would fail on a busy server."""
    one_connection.execute(f"ALTER DATABASE {one_database.name} SET statement_timeout = '2s'".encode())
    with open_session(partial(connect, one_database.dsn)) as session:
        row = session.execute("SHOW statement_timeout").fetchone()
    assert row == {"statement_timeout": "1min"}
