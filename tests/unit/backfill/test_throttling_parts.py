"""The parts that throttles are made of, by a clock that the test moves."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.backfill.hysteresis import Hysteresis
from migrator.backfill.lookout import Lookout
from migrator.backfill.pace import SETTABLE, Pace
from migrator.backfill.signals import Rhythm
from migrator.backfill.sizing import Sizing
from migrator.backfill.throttles.throttle import Reading, clear, over
from migrator.backfill.wal_window import WalWindow
from migrator.clock import SystemClock
from migrator.config import BackfillSettings
from migrator.errors import InputError
from migrator.pg.lag import ReplicaLag
from migrator.pg.replay_rate import ReplayRate

MEGABYTE = 1_000_000


def test_a_limit_lets_go_below_where_it_takes_hold() -> None:
    limit = Hysteresis(resume_share=0.5)
    assert [limit.is_over(value, 10) for value in (10, 11, 10, 6, 5, 6, 10, 11)] == [
        *(False, True, True, True, False, False, False, True)
    ]
    limit.release()
    assert not limit.is_over(6, 10)


def test_a_limit_of_zero_lets_go_at_zero() -> None:
    limit = Hysteresis()
    assert [limit.is_over(value, 0) for value in (0, 1, 0)] == [False, True, False]


class Scripted:
    """A throttle that says what a test gives it, when the test lets it."""

    name = "scripted"
    interval_seconds = 0.01

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.may_look = threading.Event()
        self.may_look.set()
        self.looks = 0

    def read(self) -> Reading:
        self.may_look.wait()
        self.looks += 1
        if self.reading.reason == "bug":
            raise ValueError("a throttle with a bug")
        return self.reading


def watched(throttle: Scripted) -> tuple[Lookout, SystemClock]:
    clock = SystemClock()
    lookout = Lookout([throttle], clock, lambda: None)
    lookout.start()
    _until(clock, lambda: lookout.is_ready)
    return lookout, clock


def _until(clock: SystemClock, condition: "object") -> None:
    assert callable(condition)
    end = clock.monotonic() + 10
    while not condition():
        assert clock.monotonic() < end
        clock.wait(0.005, "the lookout")


def test_a_reading_that_is_too_old_is_not_known() -> None:
    throttle = Scripted(clear("scripted"))
    lookout, clock = watched(throttle)
    try:
        assert not lookout.readings(None)[0].is_over
        throttle.may_look.clear()
        _until(clock, lambda: lookout.readings(None)[0].is_unknown)
        assert "the last look was" in lookout.readings(None)[0].reason
        throttle.may_look.set()
        _until(clock, lambda: not lookout.readings(None)[0].is_over)
    finally:
        throttle.may_look.set()
        lookout.end()


def test_a_throttle_with_a_bug_holds_back_and_says_so() -> None:
    lookout, _ = watched(Scripted(over("scripted", "bug")))
    try:
        [reading] = lookout.readings(None)
        assert reading.is_over
        assert "this is a bug: ValueError: a throttle with a bug" in reading.reason
    finally:
        lookout.end()


def test_a_tight_reading_from_before_the_batch_says_nothing_about_the_next() -> None:
    throttle = Scripted(Reading("scripted", is_over=False, is_tight=True))
    lookout, clock = watched(throttle)
    try:
        throttle.may_look.clear()
        now = clock.monotonic()
        assert lookout.readings(now)[0].is_brief
        throttle.may_look.set()
        lookout.hurry()
        _until(clock, lambda: not lookout.readings(now)[0].is_over)
    finally:
        throttle.may_look.set()
        lookout.end()


def test_no_look_after_the_end() -> None:
    throttle = Scripted(clear("scripted"))
    lookout, clock = watched(throttle)
    lookout.end()
    looks = throttle.looks
    clock.wait(0.05, "several intervals")
    assert throttle.looks == looks


def test_the_rate_of_replay_is_learned_only_while_log_waits() -> None:
    rate = ReplayRate()
    for step in range(20):
        rate.take(step * 0.1, replayed=step * MEGABYTE, waiting=1000)
    assert rate.rate is None, "a replica that waits for log shows how fast log is written"
    for step in range(20):
        rate.take(2 + step * 0.1, replayed=20 * MEGABYTE + step * 3 * MEGABYTE, waiting=5 * MEGABYTE)
    assert rate.rate == pytest.approx(30 * MEGABYTE, rel=0.01)


def test_a_rate_that_was_seen_too_low_is_raised_by_a_replica_that_runs_dry() -> None:
    rate = ReplayRate()
    rate.take(0.0, replayed=0, waiting=MEGABYTE)
    rate.take(0.3, replayed=0, waiting=MEGABYTE)
    assert rate.rate == 0, "it was seen to stand still"
    for step in range(8):
        rate.take(1.0 + step, replayed=step * 10 * MEGABYTE, waiting=10 * MEGABYTE)
        rate.take(1.1 + step, replayed=(step + 1) * 10 * MEGABYTE, waiting=0)
    assert rate.rate == pytest.approx(100 * MEGABYTE, rel=0.02)


def lag(behind: int, rate: float | None) -> ReplicaLag:
    return ReplicaLag("r", "streaming", 0.1, behind, replay_rate=rate)


def test_a_batch_begins_only_when_what_it_writes_fits_into_the_window() -> None:
    rhythm = Rhythm()
    window = WalWindow(rhythm)
    window.take(100 * MEGABYTE)
    rhythm.let_go_at, rhythm.came_back_at = 1.0, None
    window.take(100 * MEGABYTE)
    rhythm.came_back_at = 1.2
    window.take(110 * MEGABYTE)
    free = window.at(lag(4 * MEGABYTE, 30.0 * MEGABYTE), 1.0)
    full = window.at(lag(6 * MEGABYTE, 30.0 * MEGABYTE), 1.0)
    assert free is not None
    assert full is not None
    assert (free.size, free.is_full, full.is_full) == (15 * MEGABYTE, False, True)
    assert free.is_tight
    assert window.at(lag(6 * MEGABYTE, None), 1.0) is None
    empty = window.at(lag(0, 1.0 * MEGABYTE), 1.0)
    assert empty is not None
    assert not empty.is_full, "a batch larger than the window begins when nothing waits"


def test_every_scalar_setting_can_be_set_and_taken_back() -> None:
    pace = Pace(BackfillSettings(nice=3.0))
    pace.take({"nice": "0.5", "max_lag": "1s", "pause_for_autovacuum": "true", "max_wal_rate": "50MB"})
    assert (pace.now.nice, pace.now.pause_for_autovacuum, pace.now.max_wal_rate) == (0.5, True, 50 * 1024**2)
    pace.take({})
    assert pace.now == BackfillSettings(nice=3.0)
    assert set(SETTABLE) >= {"nice", "max_lag", "batch_size", "target_batch", "query", "flag_file"}
    with pytest.raises(InputError, match="no setting prometheus"):
        pace.take({"prometheus": "x"})


def test_the_batch_size_begins_anew_only_when_it_was_set() -> None:
    pace = Pace(BackfillSettings())
    sizing = Sizing.start(0.2, 1000).after_batch(1000, 1000, 0.4)
    assert pace.adjust(sizing) == sizing
    pace.take({"batch_size": "77"})
    assert pace.adjust(sizing).size == 77
    assert pace.adjust(sizing) == sizing
    pace.take({"batch_size": "77", "target_batch": "50ms"})
    assert pace.adjust(sizing).target_seconds == 0.05
    assert pace.adjust(sizing) == sizing


@given(
    cost=st.floats(min_value=1e-6, max_value=1e-3),
    noise=st.lists(st.floats(min_value=0.8, max_value=1.25), min_size=60, max_size=60),
    start=st.integers(min_value=100, max_value=50_000),
)
def test_the_controller_settles_and_does_not_oscillate(cost: float, noise: list[float], start: int) -> None:
    """With a noise of a quarter, batches end near the target, and the size does not swing by more than the noise."""
    sizing, target = Sizing.start(0.2, start), 0.2
    sizes: list[int] = []
    for factor in noise:
        sizing = sizing.after_batch(sizing.size, sizing.size, sizing.size * cost * factor)
        sizes.append(sizing.size)
    ideal = min(max(target / cost, 100), 50_000)
    for size in sizes[30:]:
        assert 0.6 * ideal <= size <= 1.45 * ideal
    assert max(sizes[30:]) <= 2 * min(sizes[30:])


@given(before=st.floats(min_value=1e-6, max_value=1e-4), factor=st.floats(min_value=1.5, max_value=50))
def test_after_a_step_of_cost_at_most_three_batches_are_too_long(before: float, factor: float) -> None:
    sizing = Sizing.start(0.2, 1000)
    for _ in range(40):
        sizing = sizing.after_batch(sizing.size, sizing.size, sizing.size * before)
    too_long = 0
    for _ in range(40):
        seconds = sizing.size * before * factor
        too_long += seconds > 2 * 0.2 and sizing.size > 100
        sizing = sizing.after_batch(sizing.size, sizing.size, seconds)
    assert too_long <= 3
    assert sizing.size * before * factor <= max(1.25 * 0.2, 100 * before * factor)
