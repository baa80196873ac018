"""Many workers, in one process and in several: every row once, whoever dies, hangs or comes back late."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from migrator.backfill.leases import RangeLedger
from migrator.backfill.runner import BackfillRunner
from migrator.clock import SystemClock
from migrator.errors import DatabaseFailed, LeaseLost, Stopped
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection
from migrator.state import backfills, ranges
from migrator.state.install import install, upgrades
from migrator.state.places import Advance, Place
from tests.backfill.scenes import KEYS, MIGRATION, Background, Heard, install_state, make_table, request, spec, touched
from tests.fix_server import Database, wait_until

ROOT = Path(__file__).parents[2]
SMALL = {"batch_size": 20, "target_batch": "20ms"}
NAME = "items_touched"


@pytest.fixture(autouse=True)
def _state(request: pytest.FixtureRequest) -> None:
    install_state(request.getfixturevalue("one_connection"))


class Process:
    """A worker process, and what it said."""

    def __init__(self, dsn: str, lease: str) -> None:
        command = [sys.executable, "-m", "tests.backfill.crew_member", dsn, lease]
        self._popen = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        self.said = b""
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def _listen(self) -> None:
        assert self._popen.stdout
        while word := self._popen.stdout.read(1):
            self.said += word

    def kill(self) -> None:
        """End it, unless it has ended."""
        self._popen.kill()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def end(self) -> int:
        code = self._popen.wait()
        self._thread.join()
        if self._popen.stdout:
            self._popen.stdout.close()
        return code


@contextmanager
def crew(dsn: str, count: int, lease: str) -> Generator[list[Process]]:
    """Give worker processes that have each committed a batch; whatever is left of them is killed at the end."""
    made = [Process(dsn, lease) for _ in range(count)]
    try:
        wait_until(lambda: all(each.said for each in made), "each process has committed a batch", 60)
        yield made
    finally:
        for each in made:
            each.kill()
            each.end()


def owners(connection: Connection) -> list[str]:
    rows = connection.execute(
        "SELECT lease_owner FROM migrator.backfill_range WHERE state = 'open' AND lease_owner IS NOT NULL"
    )
    return [row["lease_owner"] for row in rows]


@pytest.mark.timeout(180)
def test_four_processes_two_killed_one_stopped(one_database: Database, one_connection: Connection) -> None:
    """SIGKILL ends two of them anywhere; the third is stopped until its range is in other hands, then goes on."""
    rows = 8000
    make_table(one_connection, "integer", rows)
    one_connection.execute("CREATE INDEX ON items (touched)")  # no stripes: a window is one worker's
    with crew(one_database.dsn, 4, "1s") as (first, second, third, fourth):
        first.send(signal.SIGKILL)
        wait_until(lambda: len(second.said) > 5, "the second one is in the middle")
        second.send(signal.SIGKILL)
        wait_until(lambda: any(f":{third.pid}:" in owner for owner in owners(one_connection)), "the third has a range")
        third.send(signal.SIGSTOP)
        wait_until(
            lambda: not any(f":{third.pid}:" in owner for owner in owners(one_connection)),
            "the stopped one's range went to the fourth",
            90,
        )
        third.send(signal.SIGCONT)
        assert (third.end(), fourth.end()) == (0, 0)
        assert (first.end(), second.end()) == (-signal.SIGKILL, -signal.SIGKILL)
        assert b"L" in third.said, "it noticed that it came late"
    assert touched(one_connection) == {1: rows}
    record = backfills.read(one_connection, MIGRATION, NAME)
    assert (record.state, record.rows_done) == ("finished", rows)


@pytest.mark.parametrize("kind", ["integer", "text-collated", "uuid", "composite", "tenant", "both-ways", "interval"])
def test_threads_share_the_ranges(kind: str, one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, kind, 2000)
    heard, most = Heard(), [0]

    def look(_: Event) -> None:
        most[0] = max(most[0], len(ranges.open_ranges(one_connection, MIGRATION, NAME)))

    heard.on[EventKind.BACKFILL_BATCH] = look
    result = BackfillRunner(request(one_database.dsn, spec(limits=SMALL), heard), workers=3).run()
    assert touched(one_connection) == {1: 2000}
    assert (result.rows, result.rows_done) == (2000, 2000)
    assert most[0] >= 2, "there was one range for all"
    assert [event.data["rows_done"] for event in heard.of(EventKind.BACKFILL_BATCH)][-1] == 2000
    assert len(heard.of(EventKind.BACKFILL_FINISHED)) == 1


def test_an_idle_worker_takes_a_part_of_another_ones_range(one_database: Database, one_connection: Connection) -> None:
    """The first runner stands still in the middle: the second one cuts its range in two."""
    make_table(one_connection, "integer", 4000)
    one_connection.execute("CREATE INDEX ON items (touched)")  # no stripes: a window is one worker's
    go_on, heard, others = threading.Event(), Heard(), Heard()

    def stand_still(_: Event) -> None:
        go_on.wait(60)

    heard.on[EventKind.BACKFILL_BATCH] = stand_still
    first = Background(BackfillRunner(request(one_database.dsn, spec(limits=SMALL), heard)))
    wait_until(lambda: bool(heard.of(EventKind.BACKFILL_BATCH)), "the first one has begun")
    second = Background(BackfillRunner(request(one_database.dsn, spec(limits=SMALL), others)))
    wait_until(lambda: touched(one_connection).get(1, 0) > 1800, "the second one does half of it")
    assert len(heard.of(EventKind.BACKFILL_BATCH)) == 1
    go_on.set()
    assert first.result().rows_done == second.result().rows_done == 4000
    assert touched(one_connection) == {1: 4000}
    ends = heard.of(EventKind.BACKFILL_FINISHED) + others.of(EventKind.BACKFILL_FINISHED)
    assert len(ends) == 2, "each process tells the end"


def test_a_late_worker_changes_nothing(one_database: Database, one_connection: Connection) -> None:
    """The fencing token of a lease that was given to another worker moves no place and holds no range."""
    make_table(one_connection, "integer", 100)
    BackfillRunner(request(one_database.dsn, spec())).run()
    with one_connection.transaction():
        one_connection.execute("UPDATE migrator.backfill SET state = 'running'")
        ranges.share(one_connection, MIGRATION, NAME, [ranges.NewRange(None, None, ("100",), Place())])
    late = ranges.claim(one_connection, MIGRATION, NAME, "late", 0.001)
    assert late
    wait_until(lambda: expired(one_connection), "the lease expires by the server's clock")
    next_one = ranges.claim(one_connection, MIGRATION, NAME, "next", 30)
    assert next_one
    assert next_one.id == late.id
    assert next_one.fence > late.fence
    assert ranges.claim(one_connection, MIGRATION, NAME, "third", 30) is None
    ledger = RangeLedger(MIGRATION, NAME, late.id, late.fence, 30)
    with pytest.raises(LeaseLost, match="Another worker"):
        ledger.hold(one_connection, ("100",))
    with pytest.raises(LeaseLost):
        ledger.advance(one_connection, Advance(Place(), Place(("50",)), 1, 1, 1))
    with pytest.raises(LeaseLost):
        ledger.settled(one_connection)
    ranges.renew(one_connection, [(late.id, late.fence)], 0.001)
    assert not expired(one_connection), "nor can it end the lease of the other one"


def expired(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT bool_and(lease_until < clock_timestamp()) AS expired FROM migrator.backfill_range"
    ).fetchone()
    return bool(row and row["expired"])


def test_one_that_fails_ends_the_others(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "unique", 4000)
    one_connection.execute("ALTER TABLE items ADD CHECK (id <> 10 OR touched = 0)")
    strict = spec(limits=SMALL | {"quarantine_limit": 0})
    with pytest.raises(DatabaseFailed, match="violates check"):
        BackfillRunner(request(one_database.dsn, strict), workers=3).run()
    assert owners(one_connection) == [], "leases are given back"
    one_connection.execute("ALTER TABLE items DROP CONSTRAINT items_check")
    BackfillRunner(request(one_database.dsn, strict), workers=3).run()
    assert touched(one_connection) == {1: 4000}


def test_stop_gives_the_leases_back(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "integer", 4000)
    stop, heard = threading.Event(), Heard()
    heard.on[EventKind.BACKFILL_BATCH] = lambda _: stop.set() if len(heard.events) > 10 else None
    with pytest.raises(Stopped):
        BackfillRunner(request(one_database.dsn, spec(limits=SMALL), heard, clock=SystemClock(stop)), workers=2).run()
    assert owners(one_connection) == []
    assert backfills.read(one_connection, MIGRATION, NAME).rows_done == touched(one_connection)[1]


def test_a_backfill_of_the_version_before_goes_on(one_database: Database, one_connection: Connection) -> None:
    """Its place was one checkpoint; the old runner, still alive, can commit nothing once the new one has begun."""
    one_connection.execute("DROP SCHEMA migrator CASCADE")
    install(one_connection, upgrades()[:3])
    one_connection.execute(
        "INSERT INTO migrator.migration (id, state, manifest) VALUES (%s, 'migrating', '{}')", [MIGRATION]
    )
    make_table(one_connection, "unique", 1000)
    one_connection.execute("UPDATE items SET touched = 1 WHERE id <= 400")
    begun = spec(limits=SMALL)
    one_connection.execute(
        """INSERT INTO migrator.backfill (migration, name, spec, spec_sha256, state, checkpoint, end_key,
                                          rows_done, keys_done, batch_size)
           VALUES (%s, %s, '{}', %s, 'running', '["400"]', '["1000"]', 400, 400, 20)""",
        [MIGRATION, NAME, begun.checksum],
    )
    install(one_connection)
    heard, moved = Heard(), list[int]()
    # The statement with which the version before commits a batch.
    old_advance = b"""UPDATE migrator.backfill SET checkpoint = '["420"]', rows_done = rows_done + 20
                      WHERE name = 'items_touched' AND state = 'running'
                        AND checkpoint IS NOT DISTINCT FROM '["400"]'"""
    heard.on[EventKind.BACKFILL_BATCH] = lambda _: moved.append(one_connection.execute(old_advance).rowcount)
    result = BackfillRunner(request(one_database.dsn, begun, heard), workers=2).run()
    assert touched(one_connection) == {1: 1000}
    assert (result.rows, result.rows_done) == (600, 1000)
    assert set(moved) == {0}


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_a_table_of_any_key_is_cut(kind: str, one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, kind, 250)
    result = BackfillRunner(request(one_database.dsn, spec(limits={"batch_size": 5, "target_batch": "20ms"})), 4).run()
    assert touched(one_connection) == {1: 250}
    assert result.rows_done == 250
