"""Real lag on a real replica: the backfill pauses, says why, and goes on."""

import pkgutil
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import pytest

from migrator.backfill import control, throttles
from migrator.backfill.control import Targets
from migrator.backfill.pace import Pace
from migrator.backfill.request import BackfillRequest
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.throttles import operator_pause, replica_lag
from migrator.backfill.throttling import SignalSession, ThrottleContext, build_throttles
from migrator.clock import SystemClock
from migrator.config import BackfillSettings
from migrator.errors import Stopped
from migrator.events import Event, EventKind, Events
from migrator.pg.connection import Connection, connect
from migrator.state import backfills
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

pytestmark = pytest.mark.replica

LIMITS = {"batch_size": 100, "target_batch": "20ms", "max_lag": "300ms", "busy_nice": 0}


Make = Callable[..., ThrottleContext]


@pytest.fixture
def context() -> Generator[Make]:
    """Give a function that makes a throttle's context, its session closed after the test."""
    with ExitStack() as stack:

        def make(database: Database, connect_as: Callable[[], Connection] | None = None) -> ThrottleContext:
            opened = connect_as or partial(connect, database.dsn)
            sessions = [SignalSession(opened), SignalSession(opened)]
            for session in sessions:
                stack.callback(session.close)
            return ThrottleContext(
                migration=MIGRATION,
                name="items_touched",
                table=spec().table_name,
                pace=Pace(spec().pace(BackfillSettings())),
                connect=opened,
                session=sessions[0],
                background=sessions[1],
                clock=SystemClock(),
                events=Events(),
            )

        yield make


def lag_request(database: Database, heard: Heard) -> BackfillRequest:
    return request(database.dsn, spec(limits=LIMITS), heard, throttles=None)


def replica_name(connection: Connection) -> str:
    row = connection.execute("SELECT application_name AS name FROM pg_stat_replication").fetchone()
    assert row
    return row["name"]


def stored_reason(connection: Connection) -> str | None:
    rows = control.status(connection, MIGRATION)
    return rows[0]["throttled_by"] if rows else None


def write(connection: Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS written (n int)")
    connection.execute("INSERT INTO written SELECT g FROM generate_series(1, 1000) g")


def test_lag_pauses_and_resumes(database: Database, connection: Connection) -> None:
    install_state(connection)
    make_table(connection, "integer", 3000)
    name, replica = replica_name(connection), database.server.replicas[0]
    heard = Heard()

    def stall(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 3:
            replica.pause_replay()
            write(connection)
        if not heard.of(EventKind.BACKFILL_PAUSED):
            SystemClock().wait(0.15, "so that the run lasts longer than the lag takes to grow")

    heard.on[EventKind.BACKFILL_BATCH] = stall
    run = Background(BackfillRunner(lag_request(database, heard)))
    wait_until(lambda: "behind, over max_lag 300ms" in (stored_reason(connection) or ""), "it waits and says why")
    assert name in (stored_reason(connection) or "")
    rows = touched(connection)[1]
    assert rows < 3000
    assert run.thread.is_alive()
    replica.resume_replay()
    result = run.result()
    assert touched(connection) == {1: 3000}
    assert result.paused_seconds > 0
    first, last = heard.of(EventKind.BACKFILL_PAUSED)[0], heard.of(EventKind.BACKFILL_RESUMED)[-1]
    assert (first.data["throttle"], first.data["seconds"]) == ("replica-lag", 0.0)
    assert last.data["throttle"] == "replica-lag"
    assert stored_reason(connection) is None


def test_lag_from_before_the_start_counts(one_database: Database, one_connection: Connection) -> None:
    install_state(one_connection)
    make_table(one_connection, "integer", 100)
    replica = one_database.server.replicas[0]
    replica.pause_replay()
    write(one_connection)
    run = Background(BackfillRunner(lag_request(one_database, Heard())))
    wait_until(lambda: "behind" in (stored_reason(one_connection) or ""), "it waits before the first batch")
    assert touched(one_connection) == {0: 100}
    replica.resume_replay()
    assert run.result().rows == 100


def test_a_stopped_replica_is_missed_by_name(private_database: Database, private_connection: Connection) -> None:
    install_state(private_connection)
    make_table(private_connection, "integer", 3000)
    name, replica = replica_name(private_connection), private_database.server.replicas[0]
    heard = Heard()

    def stop_it(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 2:
            replica.stop()
        if not heard.of(EventKind.BACKFILL_PAUSED):
            SystemClock().wait(0.15, "so that the run lasts longer than a reading is kept")

    heard.on[EventKind.BACKFILL_BATCH] = stop_it
    run = Background(BackfillRunner(lag_request(private_database, heard)))
    wait_until(lambda: "not connected" in (stored_reason(private_connection) or ""), "the replica is missed")
    reason = stored_reason(private_connection) or ""
    assert f"replica {name} is not connected" in reason
    assert f"forget-replica {name}" in reason
    assert "replication slot" in reason
    replica.start()
    run.result()
    assert touched(private_connection) == {1: 3000}


def test_a_replica_that_was_given_up_is_not_waited_for(
    context: Make, private_database: Database, private_connection: Connection
) -> None:
    install_state(private_connection)
    replica = private_database.server.replicas[0]
    throttle = replica_lag.build(context(private_database))
    wait_until(lambda: not throttle.read().is_over, "the replica is there and recorded")
    name = replica_name(private_connection)
    replica.stop()
    wait_until(lambda: throttle.read().is_over, "the replica is missed")
    control.forget_replica(private_connection, name, "dba")
    slots = private_connection.execute("SELECT slot_name AS name FROM pg_replication_slots").fetchall()
    for slot in slots:
        control.forget_replica(private_connection, slot["name"], "dba")
    wait_until(lambda: not throttle.read().is_over, "nobody waits for it any more")
    replica.start()
    wait_until(
        lambda: not throttle.read().is_over and name in backfills.known_replicas(private_connection)[0],
        "it is back, and expected again",
    )


def test_replicas_of_the_settings_must_be_there(
    context: Make, one_database: Database, one_connection: Connection
) -> None:
    install_state(one_connection)
    given = context(one_database)
    throttle = replica_lag.build(replace(given, replicas=frozenset({"elsewhere"})))
    assert "replica elsewhere is not connected" in throttle.read().reason


def test_a_role_that_sees_no_lag_may_not_run(context: Make, one_database: Database, one_connection: Connection) -> None:
    install_state(one_connection)
    with a_role(one_connection, "plain") as role:
        dsn = one_database.server.primary.dsn_of(one_database.name, role, "secret")
        given = context(one_database, partial(connect, dsn))
        reading = replica_lag.build(given).read()
    assert reading.is_over
    assert "GRANT pg_read_all_stats TO plain" in reading.reason


def test_a_server_that_cannot_be_asked_is_over_the_limit(
    context: Make, one_database: Database, one_connection: Connection
) -> None:
    install_state(one_connection)
    given = context(one_database, partial(connect, "host=127.0.0.1 port=1 dbname=nothing", connect_timeout=1))
    readings = {throttle.name: throttle.read() for throttle in build_throttles(given)}
    unknown = {name for name, reading in readings.items() if reading.is_over}
    assert unknown == {"autovacuum", "logical-subscribers", "operator-pause", "replica-lag"}, "those without a limit"
    for name in unknown:
        assert readings[name].is_unknown
        assert f"{name} cannot be read" in readings[name].reason


def test_a_lost_session_is_opened_again(context: Make, one_database: Database, one_connection: Connection) -> None:
    install_state(one_connection)
    given = context(one_database, partial(connect, one_database.dsn, application_name="looking"))
    throttle = operator_pause.build(given)
    assert not throttle.read().is_over
    one_connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'looking'")
    assert "cannot be read" in throttle.read().reason
    assert not throttle.read().is_over


def test_an_operator_pauses_and_resumes(one_database: Database, one_connection: Connection) -> None:
    install_state(one_connection)
    make_table(one_connection, "integer", 3000)
    heard = Heard()

    def pause(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 2:
            control.pause(one_connection, Targets(MIGRATION, ("items_touched",)), "ann", "a release")

    heard.on[EventKind.BACKFILL_BATCH] = pause
    backfill = spec(limits={**LIMITS, "max_lag": "1h"})
    run = Background(BackfillRunner(request(one_database.dsn, backfill, heard, throttles=None)))
    wait_until(lambda: stored_reason(one_connection) == "paused by ann: a release", "the reason is stored")
    assert len(heard.of(EventKind.BACKFILL_BATCH)) == 2, "effective within one batch"
    control.resume(one_connection, control.find(one_connection, MIGRATION))
    run.result()
    assert touched(one_connection) == {1: 3000}
    assert heard.of(EventKind.BACKFILL_PAUSED)[0].data["throttle"] == "operator-pause"


def test_stop_is_answered_while_paused(one_database: Database, one_connection: Connection) -> None:
    install_state(one_connection)
    make_table(one_connection, "integer", 100)
    stop = threading.Event()
    backfills.register(one_connection, MIGRATION, "items_touched", {}, spec().checksum)
    control.pause(one_connection, control.find(one_connection, "items_touched"), "ann")
    heard = Heard()
    heard.on[EventKind.BACKFILL_PAUSED] = lambda _: stop.set()
    with pytest.raises(Stopped, match="paused by ann"):
        BackfillRunner(request(one_database.dsn, spec(), heard, throttles=None, clock=SystemClock(stop))).run()


def test_every_file_of_the_folder_is_a_throttle(context: Make, one_database: Database) -> None:
    names = [throttle.name for throttle in build_throttles(context(one_database))]
    files = {module.name for module in pkgutil.iter_modules(throttles.__path__)} - {"throttle"}
    assert names == sorted(file.replace("_", "-") for file in files)
    assert set(names) >= {"operator-pause", "replica-lag"}
