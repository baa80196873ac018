"""The server goes: restarts, a failover, a full disk; and what a stricter isolation level does to a batch."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from migrator.backfill import history
from migrator.backfill.leases import RangeLedger
from migrator.backfill.runner import BackfillRunner
from migrator.clock import SystemClock
from migrator.errors import DatabaseFailed
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import conninfo_to_dict, make_conninfo
from migrator.state import backfills, ranges
from migrator.state.backfills import Standing
from tests.acceptance.person import Person
from tests.backfill.scenes import MIGRATION, Background, Heard, install_state, make_table, request, spec, touched
from tests.fix_server import Database, wait_until

pytestmark = pytest.mark.replica

SMALL = {"batch_size": 30, "target_batch": "20ms"}
NAME = "items_touched"


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_with_many_workers(
    mode: Literal["fast", "immediate"], private_database: Database, private_connection: Connection
) -> None:
    install_state(private_connection)
    make_table(private_connection, "integer", 4000)
    heard = Heard()

    def restart(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 4:
            private_database.server.primary.restart(mode)

    heard.on[EventKind.BACKFILL_BATCH] = restart
    result = BackfillRunner(request(private_database.dsn, spec(limits=SMALL), heard), workers=2).run()
    with connect(private_database.dsn) as again:
        assert touched(again) == {1: 4000}
    assert result.rows_done == 4000


def test_batches_that_a_crash_takes_back_are_done_again(
    private_database: Database, private_connection: Connection
) -> None:
    """They do not wait for the disk (decision 0009): without a WAL writer they are lost, rows and place together."""
    install_state(private_connection)
    make_table(private_connection, "integer", 4000)
    primary, heard = private_database.server.primary, Heard()
    for setting in ("wal_writer_delay = '10s'", "wal_writer_flush_after = '1GB'"):
        private_connection.execute(f"ALTER SYSTEM SET {setting}".encode())
    primary.restart()
    found = list[int]()

    def crash(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 12:
            primary.kill()
            primary.start()
            with connect(private_database.dsn) as again:
                found.append(touched(again).get(1, 0))
                totals = ranges.totals(again, MIGRATION, NAME)
                assert totals is not None
                assert totals.rows_done == found[0], "rows and place are not of one transaction"

    heard.on[EventKind.BACKFILL_BATCH] = crash
    with history.kept(request(private_database.dsn, spec(limits=SMALL), heard), "dana") as asked:
        result = BackfillRunner(asked).run()
    told = [event.data["rows_done"] for event in heard.of(EventKind.BACKFILL_BATCH)]
    assert told[11] != found[0], "nothing was lost, so nothing was shown"
    assert told[-1] == result.rows_done == 4000
    [settled] = heard.of(EventKind.BACKFILL_SETTLED)
    assert settled.data["rows"] == found[0] - int(str(told[11]))
    with connect(private_database.dsn) as again:
        assert touched(again) == {1: 4000}
        assert [run["rows"] for run in history.read(again, MIGRATION)] == [4000]


def test_a_failover_goes_on_from_the_checkpoint_that_came_along(
    private_database: Database, private_connection: Connection
) -> None:
    """The primary dies, its replica is promoted; what it had not received is done again."""
    install_state(private_connection)
    make_table(private_connection, "integer", 3000)
    server, heard = private_database.server, Heard()
    both = [conninfo_to_dict(private_database.dsn), conninfo_to_dict(private_database.replica_dsn)]
    hosts, ports = (",".join(str(each[key]) for each in both) for key in ("host", "port"))
    dsn = make_conninfo(private_database.dsn, host=hosts, port=ports, target_session_attrs="read-write")

    def fail_over(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 4:
            server.replicas[0].pause_replay()
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 6:
            server.primary.kill()
            server.replicas[0].resume_replay()
            server.replicas[0].promote()

    heard.on[EventKind.BACKFILL_BATCH] = fail_over
    BackfillRunner(request(dsn, spec(limits=SMALL), heard)).run()
    with connect(private_database.replica_dsn) as promoted:
        assert touched(promoted) == {1: 3000}
        assert backfills.read(promoted, MIGRATION, NAME).rows_done == 3000


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_serialization_failures_are_tried_again(level: str, one_database: Database, one_connection: Connection) -> None:
    """The application changes a row between the snapshot of the batch and its update of it."""
    install_state(one_connection)
    make_table(one_connection, "unique", 100)

    def strict() -> Connection:
        connection = connect(one_database.dsn, application_name="migrator/backfill")
        connection.execute(f"SET default_transaction_isolation = '{level}'".encode())
        return connection

    heard = Heard()
    with connect(one_database.dsn) as application:
        with application.transaction():
            application.execute("UPDATE items SET junk = 1 WHERE id = 60")
            asked = request(one_database.dsn, spec(limits={"target_batch": "2s"}), heard)
            run = Background(BackfillRunner(replace(asked, connect=strict)))
            wait_until(lambda: waits(one_connection), "the batch waits for row 60")
        assert run.result().rows_done == 100
    assert touched(one_connection) == {1: 100}
    assert "40001" in {event.data["sqlstate"] for event in heard.of(EventKind.BACKFILL_RETRY)}


def waits(connection: Connection) -> bool:
    waiting = "SELECT FROM pg_stat_activity WHERE application_name = 'migrator/backfill' AND wait_event_type = 'Lock'"
    return bool(connection.execute(waiting.encode()).fetchall())


def test_a_full_disk_ends_the_run_and_loses_nothing(one_database: Database, one_connection: Connection) -> None:
    """The server's error, raised by a trigger in the middle: no row is at fault, so none is set aside."""
    install_state(one_connection)
    make_table(one_connection, "unique", 1000)
    one_connection.execute(
        """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN IF NEW.id = 500 THEN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END IF;
           RETURN NEW; END $$;
           CREATE TRIGGER full_disk BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION full_disk()"""
    )
    with pytest.raises(DatabaseFailed, match="53100") as caught:
        BackfillRunner(request(one_database.dsn, spec(limits=SMALL))).run()
    assert "disk is full" in caught.value.todo
    done = touched(one_connection)
    assert 0 < done[1] < 1000
    record = backfills.read(one_connection, MIGRATION, NAME)
    assert (record.state, record.rows_done) == ("running", done[1])
    one_connection.execute("DROP TRIGGER full_disk ON items")
    BackfillRunner(request(one_database.dsn, spec(limits=SMALL))).run()
    assert touched(one_connection) == {1: 1000}


class Skewed(SystemClock):
    """A host whose clock is a day ahead, or behind."""

    def __init__(self, days: int) -> None:
        super().__init__(threading.Event())
        self._ahead = timedelta(days=days)

    def now(self) -> datetime:
        return super().now() + self._ahead


def test_hosts_with_other_clocks_agree(one_database: Database, one_connection: Connection) -> None:
    """Leases are given and end by the server's clock alone."""
    install_state(one_connection)
    make_table(one_connection, "integer", 3000)
    one_connection.execute("CREATE INDEX ON items (touched)")
    runs = [
        Background(BackfillRunner(request(one_database.dsn, spec(limits=SMALL), clock=Skewed(days)), workers=2))
        for days in (-1, 0, 1)
    ]
    assert [run.result().rows_done for run in runs] == [3000, 3000, 3000]
    assert touched(one_connection) == {1: 3000}


def test_a_session_lost_while_the_checkpoint_is_read(
    one_database: Database, one_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad line cuts the second session as well as the first: the batch is still in doubt, and asked for again."""
    install_state(one_connection)
    make_table(one_connection, "integer", 300)
    asked, settled, heard = list[int](), RangeLedger.settled, Heard()

    def cut_twice(ledger: RangeLedger, connection: Connection) -> Standing:
        asked.append(connection.info.backend_pid)
        if len(asked) < 3:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return settled(ledger, connection)

    def cut(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == 2:
            ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'migrator/backfill'"
            one_connection.execute(f"{ours} AND datname = current_database()".encode())

    monkeypatch.setattr(RangeLedger, "settled", cut_twice)
    heard.on[EventKind.BACKFILL_BATCH] = cut
    result = BackfillRunner(request(one_database.dsn, spec(limits=SMALL), heard)).run()
    assert len(set(asked)) == 3
    assert result.rows_done == 300
    assert touched(one_connection) == {1: 300}


def test_sessions_that_end_while_the_backfill_is_opened_are_opened_again(
    one_database: Database, one_connection: Connection
) -> None:
    install_state(one_connection)
    make_table(one_connection, "integer", 10)
    asked, ended = request(one_database.dsn, spec()), list[int]()

    def connected() -> Connection:
        connection = asked.connect()
        if len(ended) < 3:
            ended.append(connection.info.backend_pid)
            one_connection.execute("SELECT pg_terminate_backend(%s, 10000)", [ended[-1]])
        return connection

    BackfillRunner(replace(asked, connect=connected)).run()
    assert touched(one_connection) == {1: 10}
    assert len(ended) == 3


def test_the_end_of_a_run_is_written_though_its_session_was_lost(
    one_database: Database, one_connection: Connection
) -> None:
    install_state(one_connection)
    make_table(one_connection, "integer", 10)
    with history.kept(request(one_database.dsn, spec()), "dana") as asked:
        BackfillRunner(asked).run()
        one_connection.execute(
            """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
               WHERE application_name = 'migrator/backfill' AND datname = current_database()"""
        )
    assert [run["outcome"] for run in history.read(one_connection, MIGRATION)] == ["done"]


@pytest.mark.thorough
def test_an_operator_whose_primary_is_replaced(private_database: Database, tmp_path: Path) -> None:
    """One command with two workers goes on beside the promoted replica, once somebody says that this is meant."""
    server = private_database.server
    with connect(private_database.dsn) as before:
        make_table(before, "integer", 6000)
    both = [conninfo_to_dict(private_database.dsn), conninfo_to_dict(private_database.replica_dsn)]
    hosts, ports = (",".join(str(each[key]) for each in both) for key in ("host", "port"))
    dana = Person(
        tmp_path, make_conninfo(private_database.dsn, host=hosts, port=ports, target_session_attrs="read-write")
    )
    folder = tmp_path / "migrations" / MIGRATION
    folder.mkdir(parents=True)
    (folder / "expand.sql").write_text("SELECT 1;\n")
    (folder / "migration.toml").write_text(
        """[[backfill]]\ntable = "items"\nset = { touched = "touched + 1" }\ncompare = false
           limits = { batch_size = 30, target_batch = "20ms", max_lag = "1h" }\n"""
    )
    dana.migrator("init")
    dana.migrator("expand", MIGRATION)
    run = dana.start("backfill", "run", MIGRATION, "--workers", "2")
    with connect(private_database.dsn) as before:
        wait_until(lambda: touched(before).get(1, 0) > 300, "some batches are committed")
    server.primary.kill()
    server.replicas[0].promote()
    with connect(private_database.replica_dsn) as promoted:
        waits = (
            "SELECT FROM migrator.backfill WHERE throttled_by LIKE '%or promoted: migrator backfill forget-replica%'"
        )
        wait_until(lambda: bool(promoted.execute(waits.encode()).fetchall()), "it says what it waits for")
        dana.migrator("backfill", "forget-replica", server.replicas[0].name)
        assert "6,000/6,000 rows" in dana.finish(run, exits=0).stdout
        assert touched(promoted) == {1: 6000}
        assert [each["outcome"] for each in history.read(promoted, MIGRATION)] == ["done"]
