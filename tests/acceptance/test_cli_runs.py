"""Long runs: stopped by signals and time limits, paused from elsewhere, measured, and always resumable."""

import re
import signal
import urllib.request

import pytest

from tests.acceptance.person import Person
from tests.fix_server import wait_until

ROWS = 6_000
SLOW_SECONDS = 0.002
"""Each row takes so long: the backfill takes ROWS times that, far longer than a test waits for it."""


@pytest.fixture
def slow(dana: Person) -> Person:
    """Dana after `expand`; the backfill has many small batches and would take a long time."""
    dana.make_users(ROWS)
    dana.migrator("init")
    dana.migrator("expand", dana.render_rename(batch_size="20", target_batch='"40ms"'))
    dana.slow_updates(SLOW_SECONDS)
    return dana


def _rows_done(person: Person) -> int:
    """Return the rows of all batches: of ranges that are worked on, and of those that have ended."""
    return person.value(
        "SELECT (SELECT coalesce(sum(rows_done), 0) FROM migrator.backfill)"
        " + (SELECT coalesce(sum(rows_done), 0) FROM migrator.backfill_range)"
    )


def _wait_for_a_checkpoint(person: Person) -> None:
    wait_until(lambda: _rows_done(person) > 0, "a first checkpoint", 60)


def _left(person: Person) -> int:
    return person.value("SELECT count(*) FROM users WHERE mail IS DISTINCT FROM email")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_stops_between_batches_and_resume_goes_on(slow: Person, number: signal.Signals) -> None:
    process = slow.start("migrate", slow.migration())
    _wait_for_a_checkpoint(slow)
    process.send_signal(number)
    answer = slow.finish(process, 75)
    assert f"{number.name}: stopping at the next safe point" in answer.stderr
    assert "`migrator resume` goes on" in answer.stderr
    done = _rows_done(slow)
    assert 0 < done < ROWS
    assert _left(slow) == ROWS - done, "the checkpoint and the rows were committed together"
    assert f"next: migrator resume {slow.migration()}" in slow.migrator("status").stdout
    slow.fast_updates()
    assert slow.json("resume", slow.migration())["state"] == "migrated"
    assert _left(slow) == 0


def test_a_second_signal_interrupts_at_once(slow: Person) -> None:
    slow.psql(
        "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$"
    )
    process = slow.start("migrate", slow.migration())
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%users%%' AND wait_event = 'PgSleep'"
    wait_until(lambda: slow.value(sleeping) > 0, "a batch that hangs", 60)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    for line in process.stderr:
        if "stopping at the next safe point" in line:
            break
    process.send_signal(signal.SIGINT)
    answer = slow.finish(process, 75)
    assert "Interrupted at once" in answer.stderr
    assert "`migrator resume ID`" in answer.stderr
    wait_until(lambda: slow.value(sleeping) == 0, "the end of the interrupted statement")
    assert _left(slow) == ROWS
    slow.fast_updates()
    assert slow.json("resume", slow.migration())["state"] == "migrated"


def test_a_stop_while_waiting_for_a_lock_leaves_nothing(dana: Person) -> None:
    dana.make_users(10)
    dana.migrator("init")
    name = dana.render_rename()
    with dana.another_session("reports") as reports:
        reports.execute("SELECT count(*) FROM users")
        process = dana.start("expand", name)
        assert process.stderr is not None
        told = next(line for line in process.stderr if "blocked by" in line)
        assert "reports" in told
        process.send_signal(signal.SIGTERM)
        dana.finish(process, 75)
    assert dana.json("resume", name)["state"] == "expanded"


def test_max_runtime_stops_a_scheduled_job_and_the_next_one_goes_on(slow: Person) -> None:
    name = slow.migration()
    first = slow.json("backfill", "run", name, "--max-runtime", "2s", exits=75)
    assert first["error"]["kind"] == "Stopped"
    done = _rows_done(slow)
    assert 0 < done < ROWS
    slow.fast_updates()
    (row,) = slow.json("backfill", "run", name, "--max-runtime", "5m")["backfills"]
    assert (row["state"], row["rows_done"]) == ("verified", ROWS)
    assert slow.json("migrate", name)["state"] == "migrated"


def test_a_backfill_is_paused_and_resumed_from_elsewhere(slow: Person) -> None:
    name = slow.migration()
    process = slow.start("backfill", "run", name, "users_mail")
    _wait_for_a_checkpoint(slow)
    assert slow.json("backfill", "pause", name, "--reason", "the sale starts")["paused"] == ["users_mail"]
    waits = "SELECT throttled_by FROM migrator.backfill"
    wait_until(lambda: "sale" in (slow.value(waits) or ""), "the runner to see the pause", 30)
    done = _rows_done(slow)
    assert "waits: dana: the sale starts" in slow.migrator("backfill", "status").stdout
    assert "the sale starts" in slow.migrator("status").stdout
    assert _rows_done(slow) == done
    slow.fast_updates()
    slow.migrator("backfill", "resume", name)
    slow.finish(process, 0)
    assert _left(slow) == 0


def test_metrics_are_served_while_it_runs_and_written_at_the_end(slow: Person) -> None:
    name = slow.migration()
    file = slow.folder / "metrics.prom"
    served = ("--metrics-port", "0", "--metrics-address", "localhost")
    process = slow.start("migrate", name, *served, "--metrics-textfile", str(file))
    assert process.stderr is not None
    url = next(found[0] for line in process.stderr if (found := re.search(r"http://localhost:\d+/metrics", line)))
    series = f'migrator_backfill_rows_done{{backfill="users_mail",migration="{name}"}}'
    wait_until(lambda: _value(_page(url), series) > 0, "rows in the metrics", 60)
    page = _page(url)
    assert _value(page, f'migrator_phase_state{{migration="{name}",phase="backfill",state="running"}}') == 1
    assert _value(page, f'migrator_backfill_batches_total{{backfill="users_mail",migration="{name}"}}') > 0
    slow.fast_updates()
    slow.finish(process, 0)
    written = file.read_text()
    assert _value(written, series) == ROWS
    assert _value(written, f'migrator_migration_state{{migration="{name}",state="migrated"}}') == 1
    assert _value(written, f'migrator_backfill_remaining_rows{{backfill="users_mail",migration="{name}"}}') == 0


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 a URL of our own server
        return answer.read().decode()


def _value(page: str, series: str) -> float:
    """Return the series' value; 0 while it is not there."""
    return next((float(line.removeprefix(series)) for line in page.splitlines() if line.startswith(f"{series} ")), 0)


def test_progress_for_a_log_has_no_colours_and_no_bars(slow: Person) -> None:
    slow.fast_updates()
    answer = slow.migrator("migrate", slow.migration(), TERM="xterm-256color", NO_COLOR="1")
    assert re.search(r"^backfill=users_mail done=6\.0k/6\.0k .*state=finished$", answer.stderr, re.MULTILINE)


def test_killed_at_once_by_the_system_it_resumes(slow: Person) -> None:
    process = slow.start("migrate", slow.migration())
    _wait_for_a_checkpoint(slow)
    process.kill()
    slow.finish(process, -signal.SIGKILL)
    slow.fast_updates()
    assert slow.json("resume", slow.migration())["state"] == "migrated"
    assert _left(slow) == 0
