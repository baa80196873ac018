"""The ladder with time that passes only when somebody waits: rungs, jitter, budget, what is tried again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import pytest

from migrator.clock import SystemClock
from migrator.errors import LockBudgetSpent, Stopped
from migrator.pg.driver import DatabaseError, errors
from migrator.pg.ladder import Climb, Rung, rungs


@dataclass
class Time(SystemClock):
    """Time that passes only when somebody waits, or when a try takes its time."""

    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list[float])
    stops_at: float = float("inf")

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float, reason: str) -> None:
        if self.seconds + seconds >= self.stops_at:
            raise Stopped(reason)
        self.pauses.append(seconds)
        self.seconds += seconds


@dataclass
class Table:
    """A table whose lock is granted at some time, or fails with some error."""

    time: Time
    free_at: float = float("inf")
    error: type[DatabaseError] = errors.LockNotAvailable
    tried: list[Rung] = field(default_factory=list[Rung])

    def lock(self, rung: Rung) -> str:
        self.tried.append(rung)
        if self.time.seconds + rung.lock_timeout_seconds >= self.free_at:
            return "locked"
        self.time.seconds += rung.lock_timeout_seconds
        raise self.error


def _silent(_number: int, _pause: float, _error: DatabaseError) -> None:
    pass


def _climb(time: Time, budget: float = 900, on_retry: Callable[[int, float, DatabaseError], None] = _silent) -> Climb:
    return Climb(time, budget, deadlock_timeout_seconds=1, longest_wait_seconds=2, on_retry=on_retry)


def test_the_first_rungs_are_short_and_one_outlasts_an_autovacuum() -> None:
    waits = [rung.lock_timeout_seconds for rung in islice(rungs(1, 2), 14)]
    assert waits == [0.1, 0.1, 0.2, 0.4, 1.2, 0.3, 0.3, 1.2, 0.5, 2, 1.2, 0.5, 2, 1.2]
    pauses = [rung.pause_seconds for rung in islice(rungs(1, 2), 10)]
    assert pauses == [0.05, 0.05, 0.15, 0.5, 3, 2, 5, 15, 10, 30]


@pytest.mark.parametrize(
    ("deadlock_timeout", "longest", "most"),
    [(1, 2, 2), (1, 0.5, 1.2), (3, 2, 3.2), (0.1, 5, 2)],
)
def test_no_rung_is_longer_than_asked_unless_autovacuum_needs_it(
    deadlock_timeout: float, longest: float, most: float
) -> None:
    waits = [rung.lock_timeout_seconds for rung in islice(rungs(deadlock_timeout, longest), 30)]
    assert max(waits) == pytest.approx(most)
    assert max(waits) > deadlock_timeout


def test_a_lock_that_is_free_takes_one_try() -> None:
    table = Table(Time(), free_at=0)
    assert _climb(table.time).run(table.lock, "users", lambda: "") == "locked"
    assert len(table.tried) == 1
    assert table.time.pauses == []


def test_tries_until_the_lock_is_granted() -> None:
    told: list[tuple[int, float, str | None]] = []
    table = Table(Time(), free_at=5)
    climb = _climb(table.time, on_retry=lambda number, pause, error: told.append((number, pause, error.sqlstate)))
    assert climb.run(table.lock, "users", lambda: "") == "locked"
    assert [number for number, _, _ in told] == list(range(1, len(table.tried)))
    assert [pause for _, pause, _ in told] == table.time.pauses
    assert {state for _, _, state in told} == {"55P03"}


def test_pauses_are_jittered_by_half() -> None:
    ratios: list[float] = []
    for _ in range(20):
        table = Table(Time(), free_at=60)
        _climb(table.time).run(table.lock, "users", lambda: "")
        ratios += [took / rung.pause_seconds for took, rung in zip(table.time.pauses, table.tried, strict=False)]
    assert min(ratios) >= 0.5
    assert max(ratios) <= 1.5
    assert max(ratios) - min(ratios) > 0.5


@pytest.mark.parametrize("budget", [0.05, 1, 10, 900])
def test_the_budget_ends_with_a_try_and_is_kept(budget: float) -> None:
    table = Table(Time())
    with pytest.raises(LockBudgetSpent, match=rf"No lock for users within {budget:.0f} s; it was pid 7\.") as caught:
        _climb(table.time, budget).run(table.lock, "users", lambda: "; it was pid 7")
    assert budget <= table.time.seconds <= budget + 2.0001
    assert len(table.tried) == len(table.time.pauses) + 1
    assert isinstance(caught.value.__cause__, Exception)


def test_what_was_spent_before_the_first_try_is_gone_from_the_budget() -> None:
    table = Table(Time())
    climb = Climb(table.time, 10, deadlock_timeout_seconds=1, longest_wait_seconds=2, on_retry=_silent, spent_seconds=8)
    with pytest.raises(LockBudgetSpent, match="within 10 s"):
        climb.run(table.lock, "users", lambda: "")
    assert 2 <= table.time.seconds <= 4.0001


def test_an_error_that_a_retry_cannot_help_ends_it_at_once() -> None:
    table = Table(Time(), error=errors.UndefinedTable)
    with pytest.raises(errors.UndefinedTable):
        _climb(table.time).run(table.lock, "users", lambda: "")
    assert len(table.tried) == 1


@pytest.mark.parametrize("error", [errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure])
def test_errors_after_which_the_transaction_is_gone_are_tried_again(error: type[DatabaseError]) -> None:
    table = Table(Time(), free_at=1, error=error)
    assert _climb(table.time).run(table.lock, "users", lambda: "") == "locked"
    assert len(table.tried) > 1


def test_a_stop_ends_a_pause() -> None:
    table = Table(Time(stops_at=3))
    with pytest.raises(Stopped, match="a lock for users was not granted"):
        _climb(table.time).run(table.lock, "users", lambda: "")
