"""kill -9 anywhere: the next run goes on, every row is touched exactly once, the checkpoint is never ahead."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.backfill.runner import BackfillRunner
from migrator.clock import SystemClock
from migrator.pg.connection import Connection
from migrator.state import backfills
from tests.backfill.scenes import MIGRATION, by_python, install_state, make_table, request, spec, touched
from tests.fix_server import Database, wait_until

ROWS = 8000
ROOT = Path(__file__).parents[2]


def kill_in_the_middle(dsn: str, batches: int, extra_seconds: float, *source: str) -> bytes:
    """Start a run, kill it some milliseconds after the given batch, return what it said."""
    command = [sys.executable, "-m", "tests.backfill.victim", dsn, str(batches), *source]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as victim:
        assert victim.stdout
        said = victim.stdout.read(batches)
        SystemClock().wait(extra_seconds, "so that the kill meets any moment of a batch")
        victim.kill()
        return said


@pytest.mark.parametrize("kind", ["integer", "text-collated", "uuid", "composite"])
def test_kill_and_resume(kind: str, one_database: Database, one_connection: Connection) -> None:
    install_state(one_connection)
    make_table(one_connection, kind, ROWS)
    dice = random.Random(kind)  # noqa: S311 moments to kill at, the same in each run
    for _ in range(3):
        said = kill_in_the_middle(one_database.dsn, dice.randint(1, 4), dice.uniform(0, 0.02))
        assert said, "the victim died before its first batch"
        wait_until(lambda: not alive(one_connection), "the killed run's session ends")
        record = backfills.read(one_connection, MIGRATION, "items_touched")
        counts = touched(one_connection)
        assert record.state == "running"
        assert set(counts) == {0, 1}
        assert record.rows_done == counts[1], "the checkpoint is neither ahead of the rows nor behind them"
    assert is_inside_a_window(one_connection)
    result = BackfillRunner(request(one_database.dsn, spec(name="items_touched"))).run()
    assert touched(one_connection) == {1: ROWS}
    assert result.rows_done == ROWS


def test_kill_and_resume_a_python_backfill(one_database: Database, one_connection: Connection) -> None:
    install_state(one_connection)
    make_table(one_connection, "integer", ROWS)
    for batches in (2, 5):
        assert kill_in_the_middle(one_database.dsn, batches, 0.01 * batches, "python")
        wait_until(lambda: not alive(one_connection), "the killed run's session ends")
        record = backfills.read(one_connection, MIGRATION, "items_touched")
        assert record.rows_done == touched(one_connection)[1] < ROWS
    assert BackfillRunner(request(one_database.dsn, by_python())).run().rows_done == ROWS
    assert touched(one_connection) == {1: ROWS}


def is_inside_a_window(connection: Connection) -> bool:
    """Whether the killed run has gone over a part of its window only: the hardest place to go on from."""
    row = connection.execute("SELECT max((key_window->>'stripes')::int) AS n FROM migrator.backfill_range").fetchone()
    return bool(row and row["n"] and row["n"] > 1)


def alive(connection: Connection) -> bool:
    row = connection.execute(
        """SELECT count(*) AS sessions FROM pg_stat_activity
           WHERE application_name = 'migrator/backfill' AND datname = current_database()"""
    ).fetchone()
    return bool(row and row["sessions"])
