"""The controller of the batch size: within its bounds whatever happens, quick to shrink, slow to grow."""

from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.backfill.sizing import LARGEST, SMALLEST, Sizing

TARGET = 0.2

batches = st.lists(
    st.tuples(st.floats(min_value=0.0, max_value=1.0), st.floats(min_value=1e-5, max_value=100.0)), max_size=60
)


@given(start=st.integers(min_value=1, max_value=200_000), batches=batches)
def test_size_stays_within_its_bounds_and_grows_slowly(start: int, batches: list[tuple[float, float]]) -> None:
    sizing = Sizing.start(TARGET, start)
    for share, seconds in batches:
        before = sizing.size
        sizing = sizing.after_batch(before, int(before * share), seconds)
        assert 1 <= sizing.size <= LARGEST
        assert sizing.size <= max(before + 1, before * 1.5)
        expected = TARGET / max(sizing.key_cost, sizing.row_cost / 5)
        assert sizing.size >= min(before, start, SMALLEST, int(3 * expected), int(0.9 * expected))


def test_start_is_clamped() -> None:
    assert Sizing.start(TARGET, 1_000_000).size == LARGEST
    assert Sizing.start(TARGET, 0).size == 1


def test_a_steady_cost_leads_to_the_target() -> None:
    sizing = Sizing.start(TARGET, 1000)
    for _ in range(20):
        sizing = sizing.after_batch(sizing.size, sizing.size, sizing.size * 10e-6)
    assert 0.9 * TARGET <= sizing.size * 10e-6 <= 1.1 * TARGET


def test_a_slow_batch_shrinks_at_once() -> None:
    sizing = _settled()
    before = sizing.size
    sizing = sizing.after_batch(before, before, TARGET * 2)
    assert sizing.size < 0.75 * before


def test_a_batch_far_over_the_target_makes_the_cost_anew() -> None:
    sizing = _settled()
    before = sizing.size
    sizing = sizing.after_batch(before, before, TARGET * 8)
    assert abs(sizing.size - before / 8) <= 0.1 * before / 8


def test_one_lucky_batch_does_not_balloon_the_next() -> None:
    sizing = _settled()
    before = sizing.size
    sizing = sizing.after_batch(before, before, TARGET / 100)
    assert before <= sizing.size <= before * 1.3


def test_small_deviations_change_nothing() -> None:
    sizing = _settled()
    assert sizing.after_batch(sizing.size, sizing.size, TARGET * 1.05).size == sizing.size


def test_a_timeout_quarters_the_size_down_to_one() -> None:
    sizing = Sizing.start(TARGET, 1000)
    assert sizing.after_timeout().size == 250
    for _ in range(10):
        sizing = sizing.after_timeout()
    assert sizing.size == 1


def test_untouched_keys_grow_the_batch_to_five_times_at_most() -> None:
    sizing = _settled()
    dense = TARGET / sizing.row_cost
    for _ in range(50):
        sizing = sizing.after_batch(sizing.size, 0, 0.001)
    assert 4 * dense <= sizing.size <= 5.5 * dense


def test_nothing_is_learned_from_an_empty_batch() -> None:
    sizing = _settled()
    assert sizing.after_batch(0, 0, 3.0) == sizing


def _settled() -> Sizing:
    sizing = Sizing.start(TARGET, 1000)
    for _ in range(30):
        sizing = sizing.after_batch(sizing.size, sizing.size, sizing.size * 50e-6)
    return sizing


def test_batches_that_cost_round_trips_only_do_not_shrink_to_nothing() -> None:
    """8 ms each, however few keys: the target of 2 ms cannot be met, and one row at a time would not help."""
    sizing = Sizing.start(0.002, 30)
    for _ in range(50):
        sizing = sizing.after_batch(sizing.size, sizing.size, 0.008)
    assert sizing.size >= 22


def test_rows_that_are_slow_themselves_shrink_it_far_below_the_usual() -> None:
    sizing = Sizing.start(0.04, 1000)
    for _ in range(30):
        sizing = sizing.after_batch(sizing.size, sizing.size, 0.001 + 0.01 * sizing.size)
    assert sizing.size <= 12, "at most three times over the target"


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("round_trips", [0.003, 0.012, 0.03, 0.1])
def test_a_target_below_the_round_trips_does_not_crawl(round_trips: float, seed: int) -> None:
    noise = Random(seed)  # noqa: S311 it only shakes the clock
    sizing, sizes = Sizing.start(0.01, 1000), list[int]()
    for number in range(300):
        seconds = (round_trips + sizing.size * 5e-6) * noise.uniform(0.8, 1.25)
        sizing = sizing.after_timeout() if number == 100 else sizing.after_batch(sizing.size, sizing.size, seconds)
        sizes.append(sizing.size)
    assert median(sizes[-100:]) >= 50, "a batch of a few rows takes as long and does a fraction"


@pytest.mark.parametrize("seed", range(20))
def test_rows_that_are_dear_one_by_one_go_one_by_one(seed: int) -> None:
    noise = Random(seed)  # noqa: S311 it only shakes the clock
    sizing, took = Sizing.start(0.2, 1000), list[float]()
    for _ in range(60):
        seconds = (0.002 + sizing.size * 0.05) * noise.uniform(0.8, 1.25)
        sizing = sizing.after_batch(sizing.size, sizing.size, seconds)
        took.append(seconds)
    assert median(took[-40:]) <= 3 * 0.2
