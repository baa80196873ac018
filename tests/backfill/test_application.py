"""While the application is at work a backfill makes room, alone it does not: on a real server with real sessions."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial

from migrator.backfill.pace import Pace
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.sizing import Sizing
from migrator.backfill.throttles.application import Application
from migrator.backfill.throttling import SignalSession, ThrottleContext
from migrator.clock import SystemClock
from migrator.config import BackfillSettings
from migrator.events import EventKind, Events
from migrator.pg.connection import Connection, connect
from tests.backfill.holding import PACE, ROWS, busy, prepare
from tests.backfill.scenes import MIGRATION, Heard, a_role, request, spec, touched
from tests.fix_server import Database, wait_until


@contextmanager
def looking(dsn: str) -> Generator[tuple[Application, Pace]]:
    """Give the throttle as a backfill builds it, and the pace that it tells."""
    with ExitStack() as stack:
        opened = partial(connect, dsn, application_name="migrator/backfill")
        sessions = [SignalSession(opened), SignalSession(opened)]
        for session in sessions:
            stack.callback(session.close)
        pace = Pace(BackfillSettings())
        context = ThrottleContext(
            migration=MIGRATION,
            name="items_touched",
            table=spec().table_name,
            pace=pace,
            connect=opened,
            session=sessions[0],
            background=sessions[1],
            clock=SystemClock(),
            events=Events(),
        )
        yield Application(context), pace


def is_busy(throttle: Application, pace: Pace) -> bool:
    assert not throttle.read().is_over, "it slows the backfill down and never stops it"
    return pace.is_busy


def test_sessions_at_work_are_seen_and_idle_ones_are_not(one_database: Database) -> None:
    with looking(one_database.dsn) as (throttle, pace), connect(one_database.dsn, application_name="shop") as shop:
        wait_until(lambda: not is_busy(throttle, pace), "idle sessions count for nothing")
        shop.execute("SELECT 1")
        assert is_busy(throttle, pace), "a statement that has just ended counts"
        wait_until(lambda: not is_busy(throttle, pace), "a second later it does not")
        with busy(one_database.dsn, "SELECT pg_sleep(30)", "shop"):
            wait_until(lambda: is_busy(throttle, pace), "a statement that runs counts")
            SystemClock().wait(1.2, "so that the statement began more than a second ago")
            assert is_busy(throttle, pace), "for as long as it runs"
        with connect(one_database.dsn, application_name="migrator/other/backfill") as ours:
            wait_until(lambda: not is_busy(throttle, pace), "the shop is at rest")
            ours.execute("SELECT 1")
            assert not is_busy(throttle, pace), "our own sessions are not the application"


def test_what_cannot_be_seen_is_at_work(one_database: Database, one_connection: Connection) -> None:
    with a_role(one_connection, f"blind_{one_database.name}") as role:
        blind = one_database.server.primary.dsn_of(one_database.name, role, "secret")
        with looking(blind) as (throttle, pace), connect(one_database.dsn, application_name="shop") as shop:
            assert is_busy(throttle, pace), "the states of other roles are hidden"
            one_connection.execute(f"GRANT pg_read_all_stats TO {role}".encode())
            wait_until(lambda: not is_busy(throttle, pace), "it may see that they rest")
            assert shop.info.backend_pid
    with looking("postgresql://127.0.0.1:1/none?connect_timeout=1") as (throttle, pace):
        assert is_busy(throttle, pace), "a server that does not answer is not idle"


def test_the_pace_is_short_and_rests_while_busy_only() -> None:
    pace = Pace(BackfillSettings())
    sizing = Sizing.start(0.2, 10_000).after_batch(10_000, 10_000, 0.2)
    assert (pace.target_batch, pace.busy_nice) == (timedelta(milliseconds=200), 0)
    pace.is_busy = True
    short = pace.adjust(sizing)
    assert short.target_seconds == 0.008
    assert short.size in (399, 400), "a twenty-fifth of the time, a twenty-fifth of the rows"
    assert pace.busy_nice == BackfillSettings().busy_nice > 0
    pace.take({"busy_batch": "1s", "busy_nice": "0"})
    assert (pace.target_batch, pace.busy_nice) == (timedelta(milliseconds=200), 0), "target_batch stays the most"
    pace.take({})
    pace.is_busy = False
    assert pace.adjust(short).target_seconds == 0.2


def test_a_backfill_rests_while_the_application_works(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    heard = Heard()
    backfill = spec(limits=PACE | {"busy_nice": 2}, set={"touched": "touched + 1 + length(pg_sleep(0.002)::text)"})
    with busy(one_database.dsn, "SELECT pg_sleep(0.01)", "shop"):
        result = BackfillRunner(request(one_database.dsn, backfill, heard, throttles=None)).run()
    worked = sum(float(str(event.data["seconds"])) for event in heard.of(EventKind.BACKFILL_BATCH)[:-1])
    assert touched(one_connection) == {1: ROWS}
    assert result.paused_seconds >= 2 * worked
    assert {event.data["throttle"] for event in heard.of(EventKind.BACKFILL_RESUMED)} == {"application"}
    assert heard.of(EventKind.BACKFILL_PAUSED) == [], "a rest is no pause"
