"""Each throttle alone holds a backfill back, says why, and lets it go: on real servers."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrator.backfill.runner import BackfillRunner
from migrator.clock import SystemClock
from migrator.config import BackfillSettings, CriticalLoad
from migrator.errors import Stopped
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import make_conninfo
from tests.backfill.holding import PACE, ROWS, Gate, a_gate, busy, prepare, run_held
from tests.backfill.scenes import Heard, request, spec, touched
from tests.fix_server import Database, wait_until

pytestmark = pytest.mark.replica


@pytest.fixture
def gate() -> Generator[Gate]:
    with a_gate() as gate:
        yield gate


def test_a_slot_that_retains_log(database: Database, connection: Connection) -> None:
    prepare(connection)
    slot = f"subscriber_{database.name}"
    connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [slot])
    drop = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s"
    try:
        connection.execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 3000000))")
        run_held(
            database,
            connection,
            "logical-subscribers",
            f"slot {slot} retains",
            lambda: connection.execute(drop, [slot]),
            max_slot_wal="1MB",
        )
    finally:
        connection.execute(drop, [slot])


def test_log_written_too_fast(database: Database, connection: Connection) -> None:
    prepare(connection)
    write = "SELECT pg_logical_emit_message(true, 'test', repeat('x', 500000)), pg_sleep(0.02)"
    with busy(database.dsn, write) as stop:
        run_held(database, connection, "wal-rate", "of log per second, over max_wal_rate", stop, max_wal_rate="1MB")


def test_clients_that_wait_for_rows(database: Database, connection: Connection) -> None:
    prepare(connection)
    connection.execute("CREATE TABLE other AS SELECT 1 AS n")
    with (
        connect(database.dsn, application_name="migrator/other/backfill") as ours,
        busy(database.dsn, "UPDATE other SET n = n + 1", application="shop"),
    ):
        ours.execute("BEGIN")
        ours.execute("UPDATE other SET n = 2")
        reason = "1 sessions wait for rows of a batch (shop)"
        run_held(database, connection, "lock-waiters", reason, lambda: ours.execute("COMMIT"), max_lock_waiters=0)


def test_an_old_transaction(database: Database, connection: Connection) -> None:
    prepare(connection)
    with connect(database.dsn, application_name="report") as report:
        report.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        report.execute("SELECT 1")
        old = "SELECT clock_timestamp() - xact_start > interval '0.3 s' AS is_old FROM pg_stat_activity WHERE pid = %s"
        pid = report.info.backend_pid
        wait_until(lambda: connection.execute(old, [pid]).fetchall() == [{"is_old": True}], "it is old enough")
        reason, end = "(report) is", lambda: report.execute("COMMIT")
        run_held(database, connection, "long-transactions", reason, end, max_transaction_age="300ms")


def test_vacuum_at_work(database: Database, connection: Connection) -> None:
    prepare(connection)
    connection.execute("ALTER TABLE items SET (autovacuum_enabled = false)")
    connection.execute("INSERT INTO items SELECT g FROM generate_series(1000000, 1200000) g")
    connection.execute("DELETE FROM items WHERE id >= 1000000")
    slowly = make_conninfo(database.dsn, options="-c vacuum_cost_limit=1 -c vacuum_cost_delay=100")
    at_work = "SELECT count(*) AS vacuums FROM pg_stat_progress_vacuum WHERE relid = 'items'::regclass"
    with busy(slowly, "VACUUM items") as stop:
        wait_until(lambda: connection.execute(at_work.encode()).fetchall() == [{"vacuums": 1}], "vacuum is at work")
        reason = "vacuum works on public.items"
        run_held(database, connection, "autovacuum", reason, stop, pause_for_autovacuum=True)


def test_too_many_dead_rows(database: Database, connection: Connection) -> None:
    prepare(connection)
    connection.execute("ALTER TABLE items SET (autovacuum_enabled = false)")
    connection.execute("INSERT INTO items SELECT g FROM generate_series(1000000, 1001500) g")
    connection.execute("DELETE FROM items WHERE id >= 1000000")
    dead = "SELECT n_dead_tup > 1400 AS ready FROM pg_stat_user_tables WHERE relname = 'items'"
    wait_until(lambda: connection.execute(dead.encode()).fetchall() == [{"ready": True}], "they are counted")
    reason = "rows of public.items are dead"
    run_held(database, connection, "autovacuum", reason, lambda: connection.execute("VACUUM items"), max_dead_rows=1.2)


def test_too_many_sessions_at_work(database: Database, connection: Connection) -> None:
    prepare(connection)
    with busy(database.dsn, "SELECT pg_sleep(30)") as stop:
        reason = "1 sessions are at work, over max_active_sessions 0"
        run_held(database, connection, "active-sessions", reason, stop, max_active_sessions=0)


def test_a_query_that_answers_false(database: Database, connection: Connection) -> None:
    prepare(connection)
    connection.execute("CREATE TABLE door AS SELECT false AS is_open, 'the queue is 100% full' AS why")
    run_held(
        database,
        connection,
        "query",
        "the queue is 100% full",
        lambda: connection.execute("UPDATE door SET is_open = true"),
        query="SELECT is_open, why FROM door",
    )


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("SELECT true FROM items WHERE false", "answers no boolean"),
        ("SELECT 1", "answers no boolean"),
        ("SELECT NULL::boolean", "answers no boolean"),
        ("SELECT nothing", 'column "nothing" does not exist'),
        ("DELETE FROM items RETURNING true", "read-only transaction"),
        ("SELECT true FROM pg_sleep(5)", "statement timeout"),
    ],
)
def test_a_query_that_says_nothing_is_over_its_limit(
    one_database: Database, one_connection: Connection, question: str, reason: str
) -> None:
    prepare(one_connection)
    change = "UPDATE migrator.backfill SET params = %s"
    settings = '{"ignore_unknown": ["query"]}'
    run_held(
        one_database,
        one_connection,
        "query",
        reason,
        lambda: one_connection.execute(change, [settings]),
        query=question,
    )


def test_an_http_gate(one_database: Database, one_connection: Connection, gate: Gate) -> None:
    prepare(one_connection)
    gate.status, gate.body = 503, {"reason": "a release is under way"}

    def open_it() -> None:
        gate.status = 204

    run_held(one_database, one_connection, "http", "503: a release is under way", open_it, http=f"{gate.url}/backfill")
    assert gate.asked[0] == "/backfill"


def test_an_http_gate_that_fails_is_not_known(one_database: Database, one_connection: Connection, gate: Gate) -> None:
    prepare(one_connection)
    gate.status = 404

    def open_it() -> None:
        gate.status = 200

    run_held(one_database, one_connection, "http", "cannot be read: the gate answers 404", open_it, http=gate.url)


def _vector(*values: str) -> object:
    result: list[dict[str, Any]] = [{"metric": {}, "value": [1.0, value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.mark.parametrize(
    ("closed", "reason"),
    [
        (_vector("0.4", "0.7"), "0.7 is not < 0.5"),
        pytest.param(_vector(), "p99 has no series", marks=pytest.mark.thorough),
        pytest.param(_vector("NaN"), "p99 has a value that is no number", marks=pytest.mark.thorough),
        pytest.param({"status": "error"}, "the answer to p99 cannot be read", marks=pytest.mark.thorough),
        ("<html>", "did not answer with JSON"),
    ],
)
def test_a_prometheus_query(
    one_database: Database, one_connection: Connection, gate: Gate, closed: object, reason: str
) -> None:
    prepare(one_connection)
    gate.body = closed

    def open_it() -> None:
        gate.body = _vector("0.4", "0.1")

    signal = {"url": gate.url, "query": "p99", "open_when": "< 0.5"}
    run_held(one_database, one_connection, "prometheus", reason, open_it, prometheus=[signal])
    assert gate.asked[0] == "/api/v1/query?query=p99"


def test_a_flag_file(one_database: Database, one_connection: Connection, tmp_path: Path) -> None:
    prepare(one_connection)
    flag = tmp_path / "hold"
    flag.write_text("this host is drained\nmore\n")
    reason = f"{flag} exists: this host is drained"
    run_held(one_database, one_connection, "flag-file", reason, flag.unlink, flag_file=str(flag))


class ShiftedClock(SystemClock):
    """A clock whose date a test sets."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.moment = now

    def now(self) -> datetime:
        return self.moment


def test_a_time_window(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    clock = ShiftedClock(datetime(2026, 3, 29, 19, 59, tzinfo=UTC))

    def night_falls() -> None:
        clock.moment += timedelta(minutes=1)

    reason = "outside of 22:00-06:00 Europe/Berlin; it goes on at Sun 2026-03-29 22:00 CEST"
    windows = ["22:00-06:00 Europe/Berlin"]
    run_held(one_database, one_connection, "time-window", reason, night_falls, clock=clock, time_windows=windows)


def test_nice_rests_in_proportion_to_work(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    heard = Heard()
    limits = PACE | {"nice": 2.0, "busy_nice": 0}
    backfill = spec(limits=limits, set={"touched": "touched + 1 + length(pg_sleep(0.002)::text)"})
    result = BackfillRunner(request(one_database.dsn, backfill, heard, throttles=None)).run()
    worked = sum(float(str(event.data["seconds"])) for event in heard.of(EventKind.BACKFILL_BATCH)[:-1])
    assert touched(one_connection) == {1: ROWS}
    assert result.paused_seconds >= 2 * worked
    assert {event.data["throttle"] for event in heard.of(EventKind.BACKFILL_RESUMED)} == {"nice"}
    assert heard.of(EventKind.BACKFILL_PAUSED) == [], "a rest is no pause"


def test_a_critical_load_ends_the_run_resumably(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    settings = BackfillSettings(critical=CriticalLoad(query="SELECT true, 'the shop is down'"))
    backfill = spec(
        limits=PACE | {"batch_size": 1, "target_batch": "10ms"},
        set={"touched": "touched + 1 + length(pg_sleep(0.02)::text)"},
    )
    heard = Heard()
    with pytest.raises(Stopped, match="The load is critical: the shop is down"):
        BackfillRunner(request(one_database.dsn, backfill, heard, throttles=None, settings=settings)).run()
    assert touched(one_connection).get(0), "rows are left"
    BackfillRunner(request(one_database.dsn, backfill)).run()
    assert touched(one_connection) == {1: ROWS}


def test_a_critical_load_does_not_end_a_run_that_waits(
    one_database: Database, one_connection: Connection, tmp_path: Path
) -> None:
    """Each look leaves a lock with the number that it read, so that the test knows when one has seen the change."""
    prepare(one_connection)
    flag = tmp_path / "hold"
    flag.touch()
    one_connection.execute("CREATE TABLE load (is_critical boolean, number int)")
    one_connection.execute("INSERT INTO load VALUES (true, 1)")
    started = SystemClock().monotonic()

    def has_looked() -> bool:
        seen = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 2 AND classid = 0 AND objsubid = 1"
        return one_connection.execute(seen.encode()).fetchone() is not None

    def calm_down() -> None:
        wait_until(lambda: SystemClock().monotonic() - started > 4, "several looks at the load")
        one_connection.execute("UPDATE load SET is_critical = false, number = 2")
        wait_until(has_looked, "another look")
        flag.unlink()

    critical = {"query": "SELECT is_critical FROM load WHERE pg_try_advisory_lock_shared(number) IS NOT NULL"}
    run_held(one_database, one_connection, "flag-file", "exists", calm_down, flag_file=str(flag), critical=critical)
