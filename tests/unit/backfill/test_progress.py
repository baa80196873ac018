"""What a log and a terminal show of a backfill, by a clock that the test moves."""

import io
from datetime import UTC, datetime

import pytest

from migrator.backfill.progress import progress_listener
from migrator.backfill.standing import amount, duration
from migrator.events import Event, EventKind


class ManualClock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float, reason: str) -> None:
        raise AssertionError(f"a display waited {seconds} s: {reason}")

    def check_stop(self, doing: str) -> None:
        raise AssertionError(doing)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def batch(keys: int, total: int | None = 1_000_000) -> Event:
    data = {"name": "users_mail", "rows": 10, "keys_done": keys, "rows_estimate": total, "batch_size": 2000}
    return Event(EventKind.BACKFILL_BATCH, "m", data)


def paused(seconds: float) -> Event:
    data = {"name": "users_mail", "throttle": "replica-lag", "reason": 'replica "r" is late', "seconds": seconds}
    return Event(EventKind.BACKFILL_PAUSED, "m", data)


def started(total: int | None = 1_000_000) -> Event:
    data = {"name": "users_mail", "table": "users", "rows_estimate": total, "keys_done": 0, "batch_size": 1000}
    return Event(EventKind.BACKFILL_STARTED, "m", data)


FINISHED = Event(EventKind.BACKFILL_FINISHED, "m", {"name": "users_mail", "rows": 5, "seconds": 1.0})


def test_two_batches_at_once_are_no_rate_and_workers_wait_each_for_itself() -> None:
    clock, out = ManualClock(), io.StringIO()
    with progress_listener(clock, out) as listener:
        begun = started()
        listener(Event(begun.kind, "m", {**begun.data, "workers": 2}))
        for step in range(20):
            clock.seconds += 1
            waits = paused(1.0)
            listener(Event(waits.kind, "m", {**waits.data, "counted": {"replica-lag": 1.0}}))
            clock.seconds += 0.0001
            listener(batch((step + 1) * 1000))
        listener(FINISHED)
    assert "rate=1000/s" in out.getvalue()
    assert "throttled=replica-lag:50%" in out.getvalue()


def test_one_line_per_thirty_seconds_and_one_at_the_end() -> None:
    clock, out = ManualClock(), io.StringIO()
    with progress_listener(clock, out) as listener:
        listener(started())
        for step in range(1, 62):
            clock.seconds += 1
            listener(batch(step * 5000))
        listener(FINISHED)
    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("backfill=users_mail done=150.0k/1.0M share=15.0% rate=5.0k/s batch=2000 state=running")
    assert "eta=3m" in lines[0]
    assert "state=finished" in lines[2]


def test_a_pause_is_told_with_its_reason_and_slows_the_rate() -> None:
    clock, out = ManualClock(), io.StringIO()
    with progress_listener(clock, out) as listener:
        listener(started())
        clock.seconds += 1
        listener(batch(50_000))
        for second in range(31):
            clock.seconds += 1
            listener(paused(float(second)))
    [line] = out.getvalue().splitlines()
    assert "state=throttled reason=\"replica 'r' is late\" since=28s" in line
    rate = float(line.split("rate=")[1].split("/s")[0])
    assert rate < 2000, "the time in the pause belongs to the rate"


def test_no_eta_before_one_percent_and_without_an_estimate() -> None:
    for total in (1_000_000, None):
        clock, out = ManualClock(), io.StringIO()
        with progress_listener(clock, out) as listener:
            listener(started(total))
            clock.seconds += 31
            listener(batch(5000, total))
        assert "eta=" not in out.getvalue()
        assert "rate=161/s" in out.getvalue()


def test_a_terminal_gets_a_bar_with_the_reason() -> None:
    out = Terminal()
    with progress_listener(ManualClock(), out) as listener:
        listener(started())
        listener(batch(500_000))
        listener(paused(3.0))
    assert "users_mail" in out.getvalue()
    assert "50%" in out.getvalue()


def test_a_closed_stream_ends_nothing() -> None:
    clock, out = ManualClock(), io.StringIO()
    with progress_listener(clock, out) as listener:
        listener(started())
        clock.seconds += 31
        out.close()
        listener(batch(5000))
        listener(FINISHED)


def test_events_of_others_are_passed_over() -> None:
    out = io.StringIO()
    with progress_listener(ManualClock(), out) as listener:
        listener(Event(EventKind.REPLICA_LAG, "m", {"replica": "r", "seconds": 1.0}))
        listener(Event(EventKind.STEP_DONE, "m", {"name": "create index"}))
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (950, "950"), (8123, "8.1k"), (31.2e6, "31.2M"), (1.3e9, "1.3G")]
)
def test_amounts(number: float, text: str) -> None:
    assert amount(number) == text


@pytest.mark.parametrize(("seconds", "text"), [(40, "40s"), (720, "12m"), (11_100, "3h05m")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
