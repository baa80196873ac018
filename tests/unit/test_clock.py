"""The clock: a wait ends with its time or with a stop, and says what was stopped."""

import threading
from datetime import timedelta

import pytest

from migrator.clock import SystemClock
from migrator.errors import Stopped


def test_time_has_a_zone_and_does_not_go_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.001])
def test_a_wait_without_a_stop_returns(seconds: float) -> None:
    SystemClock().wait(seconds, "nothing")


def test_a_stop_ends_a_wait_at_once_with_its_reason() -> None:
    clock = SystemClock()
    threading.Timer(0.01, clock.stop.set).start()
    before = clock.monotonic()
    with pytest.raises(Stopped, match="waiting: replica r1 is behind"):
        clock.wait(60, "replica r1 is behind")
    assert clock.monotonic() - before < 30


def test_a_stop_is_seen_before_the_next_batch() -> None:
    stop = threading.Event()
    clock = SystemClock(stop)
    clock.check_stop("before a batch")
    stop.set()
    with pytest.raises(Stopped, match=r"before a batch.*migrator resume"):
        clock.check_stop("before a batch")
    with pytest.raises(Stopped):
        clock.wait(0, "anything")
