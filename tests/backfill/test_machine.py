"""Anything in any order: workers die anywhere, rows come, change and go, time jumps, the replica goes and comes back.

At every moment the checkpoints are exactly as far as the rows; at the end every row is right and no batch was
committed twice. `MIGRATOR_MACHINE_EXAMPLES` asks for more than a few examples.
"""

import os
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.verify import verify
from migrator.errors import DatabaseFailed
from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from tests.backfill.fused import FusedWorker
from tests.backfill.scenes import MIGRATION, install_state, request
from tests.fix_server import wait_until

pytestmark = pytest.mark.replica

_EXAMPLES = int(os.environ.get("MIGRATOR_MACHINE_EXAMPLES", "4"))
_STEPS = int(os.environ.get("MIGRATOR_MACHINE_STEPS", "25"))
_KEYS = st.integers(1, 700)
_MOST_WORKERS = 4

_SPEC = BackfillSpec.model_validate(
    {
        "name": "items",
        "table": "items",
        "set": {"copy": "v * 2", "touched": "touched + 1"},
        "compare": False,
        "limits": {"batch_size": 10, "target_batch": "50ms", "max_lag": "1s", "lease": "20s"},
    }
)
_SCHEMA = """
CREATE TABLE items (id int PRIMARY KEY, v int NOT NULL, copy int, touched int NOT NULL DEFAULT 0, is_old bool NOT NULL);
CREATE TABLE gone (touched int NOT NULL);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_test' THEN RETURN NEW; END IF;
    NEW.copy := NEW.v * 2; RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION keep();
"""


class Machine(RuleBasedStateMachine):
    """One backfill and everything that happens to it."""

    server: Cluster
    number = 0
    failures: ClassVar[list[str]] = []

    @initialize(rows=st.integers(0, 600), is_striped=st.booleans())
    def begin(self, rows: int, is_striped: bool) -> None:
        type(self).number += 1
        self.name = f"machine_{self.number}"
        self.server.create_database(self.name)
        self.dsn = self.server.primary.dsn_of(self.name)
        self.app: Connection = connect(self.dsn)
        self.workers: list[FusedWorker] = []
        self.is_replica_up = True
        install_state(self.app)
        self.app.execute(_SCHEMA.encode())
        if not is_striped:
            self.app.execute("CREATE INDEX ON items (touched)")
        self.app.execute("ALTER TABLE items DISABLE TRIGGER keep")
        insert = (
            "INSERT INTO items SELECT g, g, NULL, 0, true FROM generate_series(2, 700) g ORDER BY random() LIMIT %s"
        )
        self.app.execute(insert, [rows])
        self.app.execute("ALTER TABLE items ENABLE TRIGGER keep; ANALYZE items")
        self.workers.append(FusedWorker(self.dsn, _SPEC))

    @contextmanager
    def _told(self) -> Generator[None]:
        """Keep the first failure: hypothesis plays the same steps again, and threads do not fail the same way twice."""
        try:
            yield
        except Exception:
            self.failures.append(traceback.format_exc())
            raise

    @property
    def living(self) -> list[FusedWorker]:
        return [worker for worker in self.workers if worker.thread.is_alive()]

    @rule()
    def start_worker(self) -> None:
        if len(self.living) < _MOST_WORKERS:
            self.workers.append(FusedWorker(self.dsn, _SPEC))

    @rule(which=st.integers(0, 3), batches=st.integers(1, 8))
    def work(self, which: int, batches: int) -> None:
        if living := self.living:
            living[which % len(living)].step(batches)

    @rule(which=st.integers(0, 3), statements=st.integers(0, 30))
    def kill(self, which: int, statements: int) -> None:
        if self.is_replica_up and (living := self.living):
            living[which % len(living)].kill(statements)

    @rule()
    def move_time(self) -> None:
        """Every lease has expired by the server's clock, also those of workers that only stand still."""
        self.app.execute("UPDATE migrator.backfill_range SET lease_until = lease_until - interval '1 hour'")

    @rule()
    def cut_connections(self) -> None:
        self.app.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'migrator/backfill' AND datname = current_database()"
        )

    @rule(key=_KEYS)
    def insert(self, key: int) -> None:
        self.app.execute("INSERT INTO items VALUES (%s, 5, NULL, 0, false) ON CONFLICT DO NOTHING", [key])

    @rule(key=_KEYS)
    def insert_behind_the_end(self, key: int) -> None:
        self.app.execute("INSERT INTO items VALUES (%s, 5, NULL, 0, false) ON CONFLICT DO NOTHING", [1000 + key])

    @rule(low=_KEYS, value=st.integers(-9, 9))
    def update(self, low: int, value: int) -> None:
        self.app.execute("UPDATE items SET v = %s WHERE id BETWEEN %s AND %s", [value, low, low + 20])

    @rule(low=_KEYS)
    def delete(self, low: int) -> None:
        delete = """WITH d AS (DELETE FROM items WHERE id BETWEEN %s AND %s RETURNING touched)
                    INSERT INTO gone SELECT * FROM d"""
        self.app.execute(delete, [low, low + 5])

    @rule(key=_KEYS, other=st.integers(1, 1500))
    def change_key(self, key: int, other: int) -> None:
        """The row is another one from then on; the trigger has filled it, the backfill may come by it or not."""
        with self.app.transaction():
            row = self.app.execute("SELECT touched FROM items WHERE id = %s FOR UPDATE", [key]).fetchone()
            if row and not self.app.execute("SELECT id FROM items WHERE id = %s", [other]).fetchone():
                self.app.execute("INSERT INTO gone VALUES (%s)", [row["touched"]])
                self.app.execute("UPDATE items SET id = %s, is_old = false, touched = 0 WHERE id = %s", [other, key])

    @rule()
    def turn_replica(self) -> None:
        replica = self.server.replicas[0]
        if self.is_replica_up:
            replica.stop("immediate")
        else:
            replica.start()
        self.is_replica_up = not self.is_replica_up

    @invariant()
    def checkpoints_are_where_the_rows_are(self) -> None:
        if hasattr(self, "app"):
            with self._told():
                self._compare()

    def _compare(self) -> None:
        row = self.app.execute(
            """SELECT (SELECT coalesce(sum(touched), 0) FROM items)
                      + (SELECT coalesce(sum(touched), 0) FROM gone) AS rows,
                      (SELECT max(touched) FROM items) AS most,
                      (SELECT coalesce(sum(b.rows_done), 0) FROM migrator.backfill b)
                      + (SELECT coalesce(sum(r.rows_done), 0) FROM migrator.backfill_range r) AS done,
                      (SELECT count(*) FROM items i JOIN migrator.backfill_range r
                       ON i.id > coalesce((r.lo ->> 0)::int, 0) AND i.id <= (r.checkpoint ->> 0)::int
                       WHERE i.is_old AND i.touched = 0) AS passed_over"""
        ).fetchone()
        assert row
        assert (row["most"] or 0) <= 1, "a batch was committed twice"
        assert row["rows"] == row["done"], "the record is ahead of the rows, or behind them"
        assert row["passed_over"] == 0, "a checkpoint is ahead of its rows"

    def teardown(self) -> None:
        if not hasattr(self, "app"):
            return
        try:
            with self._told():
                self._end()
        finally:
            self.app.close()
            self.server.drop_database(self.name)
            self._checkpoint()

    def _checkpoint(self) -> None:
        """A replica that is only ever ended by force would replay everything from its beginning, longer each time."""
        for server in (self.server.primary, *self.server.replicas):
            with connect(server.dsn) as connection:
                connection.execute("CHECKPOINT")

    def _end(self) -> None:
        if not self.is_replica_up:
            self.server.replicas[0].start()
        for worker in self.living:
            worker.kill(0)
        for worker in self.workers:
            # A process may end with this when its session is cut while it begins, or too often in a row.
            if worker.error is not None and not isinstance(worker.error, DatabaseFailed):
                raise worker.error
        BackfillRunner(request(self.dsn, _SPEC)).run()
        self.checkpoints_are_where_the_rows_are()
        wrong = self.app.execute("SELECT id FROM items WHERE copy IS DISTINCT FROM v * 2").fetchall()
        missed = self.app.execute("SELECT id FROM items WHERE is_old AND touched <> 1").fetchall()
        assert (wrong, missed) == ([], [])
        assert verify(request(self.dsn, _SPEC)).is_clean
        left = (
            "SELECT FROM pg_stat_activity WHERE application_name = 'migrator/backfill' AND datname = current_database()"
        )
        wait_until(lambda: not self.app.execute(left.encode()).fetchall(), "every session has ended")


def test_everything_at_once(private_server: Cluster) -> None:
    assert MIGRATION == "20260901_test"

    class OnServer(Machine):
        server = private_server

    try:
        _play(OnServer)
    finally:
        assert not Machine.failures, Machine.failures[0]


def _play(machine: type[Machine]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=_EXAMPLES,
            stateful_step_count=_STEPS,
            deadline=None,
            derandomize=_EXAMPLES < 10,
            phases=[Phase.generate],  # what threads and servers do is not the same twice: nothing can be made smaller
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
