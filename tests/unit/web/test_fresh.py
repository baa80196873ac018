"""Kept values: how long, for whom, and who makes them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from migrator.clock import SystemClock
from migrator.web.fresh import Aged, Fresh


class _Clock(SystemClock):
    """Shows the time that the test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 100.0

    def monotonic(self) -> float:
        return self.time


def test_a_value_is_kept_for_some_seconds_and_grows_older() -> None:
    clock = _Clock()
    fresh = Fresh[int](clock, seconds=5)
    made = iter(range(10))
    assert fresh.get("a", lambda: next(made)) == Aged(0, 0.0)
    clock.time += 4.5
    assert fresh.get("a", lambda: next(made)) == Aged(0, 4.5)
    assert fresh.get("b", lambda: next(made)) == Aged(1, 0.0)
    clock.time += 0.5
    assert fresh.get("a", lambda: next(made)) == Aged(2, 0.0)


def test_the_age_counts_from_the_beginning_of_the_look() -> None:
    """What was read at the start of a slow look is as old as that."""
    clock = _Clock()

    def slow() -> str:
        clock.time += 3
        return "seen"

    assert Fresh[str](clock, seconds=5).get("a", slow) == Aged("seen", 3.0)


def test_an_exception_is_not_kept_and_frees_the_turn() -> None:
    fresh = Fresh[int](_Clock(), seconds=5)
    with pytest.raises(ZeroDivisionError):
        fresh.get("a", lambda: 1 // 0)
    assert fresh.get("a", lambda: 7) == Aged(7, 0.0)


def test_many_at_once_share_one_look() -> None:
    fresh = Fresh[int](SystemClock(), seconds=60, patience_seconds=60)
    go_on, counted = threading.Event(), [0]

    def look() -> int:
        counted[0] += 1
        go_on.wait(30)
        return counted[0]

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(fresh.get, "a", look) for _ in range(8)]
        go_on.set()
        answers = [future.result() for future in asked]
    assert counted == [1]
    assert {answer.value for answer in answers if answer} == {1}


def test_nobody_waits_for_ever() -> None:
    fresh = Fresh[int](SystemClock(), seconds=60, patience_seconds=0.01)
    began, go_on = threading.Event(), threading.Event()

    def look() -> int:
        began.set()
        go_on.wait(30)
        return 1

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(fresh.get, "a", look)
        assert began.wait(30)
        assert fresh.get("a", lambda: 2) is None
        go_on.set()
        answer = first.result()
    assert answer is not None
    assert answer.value == 1
