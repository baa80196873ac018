"""How a strong statement gets its lock on a busy table: short tries, growing pauses, an end.

A try that waits makes every later query on the table wait behind it, so single tries are short; some rungs are
longer than `deadlock_timeout` because a running autovacuum yields only to a wait of that length. Sleeps are
jittered so that two runners do not meet again and again. At the end of the budget it fails cleanly and names the
blocker; there is never an unlimited try.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, cycle
from typing import TypeVar

from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception

from migrator.clock import Clock
from migrator.errors import LockBudgetSpent
from migrator.pg.driver import DatabaseError, errors

T = TypeVar("T")

RETRYABLE = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
"""55P03, 40P01, 40001: the transaction is gone and running it again is safe."""
_LATE_WRITERS = {"simple_heap_update", "simple_heap_delete"}
"""Where the server says `tuple concurrently updated` (XX000): another session changed the same row of a catalog, as
GRANT does without a lock on the table."""

_YIELD_MARGIN_SECONDS = 0.2
"""Added to deadlock_timeout: autovacuum is cancelled when the waiter's deadlock check fires."""


def is_retryable(error: BaseException) -> bool:
    """Return whether the transaction is gone for a reason that passes."""
    if isinstance(error, errors.InternalError_):
        return error.diag.source_function in _LATE_WRITERS
    return isinstance(error, RETRYABLE)


@dataclass(frozen=True, slots=True)
class Rung:
    """One try: how long to wait for the lock, and how long to pause when it was not granted."""

    lock_timeout_seconds: float
    pause_seconds: float


def rungs(deadlock_timeout_seconds: float, longest_wait_seconds: float) -> Iterator[Rung]:
    """Yield the tries without end; the caller's budget ends them."""
    long_try = max(1.2, deadlock_timeout_seconds + _YIELD_MARGIN_SECONDS)
    short = [Rung(0.1, 0.05), Rung(0.1, 0.05), Rung(0.2, 0.15), Rung(0.4, 0.5)]
    once = [*short, Rung(long_try, 3), Rung(0.3, 2), Rung(0.3, 5)]
    again = [Rung(long_try, 15), Rung(0.5, 10), Rung(max(2.0, long_try), 30)]
    cap = max(longest_wait_seconds, long_try)
    for rung in chain(once, cycle(again)):
        yield Rung(min(rung.lock_timeout_seconds, cap), rung.pause_seconds)


@dataclass(frozen=True, slots=True)
class Climb:
    """The limits of one ladder, and who is told of a failed try."""

    clock: Clock
    budget_seconds: float
    deadlock_timeout_seconds: float
    longest_wait_seconds: float
    on_retry: Callable[[int, float, DatabaseError], None]
    """Called with the attempt's number, the pause in seconds and the error, before each pause."""
    spent_seconds: float = 0.0
    """What is gone of the budget already: the wait before the first try."""

    def run(self, attempt: Callable[[Rung], T], what: str, why_blocked: Callable[[], str]) -> T:
        """Call `attempt` with one rung after the other until it returns.

        Raises:
            LockBudgetSpent: the budget ended; `why_blocked` names who held the lock.
            Stopped: between two tries.
        """
        ladder = rungs(self.deadlock_timeout_seconds, self.longest_wait_seconds)
        rung = next(ladder)
        ends_at = self.clock.monotonic() + self.budget_seconds - self.spent_seconds

        def one_try() -> T:
            return attempt(rung)

        def pause(_state: RetryCallState) -> float:
            """The last pause is cut short, so that the budget's end is a try and not a sleep."""
            seconds = rung.pause_seconds * random.uniform(0.5, 1.5)  # noqa: S311 jitter, no secret
            return min(seconds, max(0.0, ends_at - self.clock.monotonic()))

        def before_pause(state: RetryCallState) -> None:
            nonlocal rung
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, DatabaseError):
                self.on_retry(state.attempt_number, state.upcoming_sleep, error)
            rung = next(ladder)

        retrying = Retrying(
            retry=retry_if_exception(is_retryable),
            stop=lambda _state: self.clock.monotonic() >= ends_at,
            wait=pause,
            before_sleep=before_pause,
            sleep=lambda seconds: self.clock.wait(seconds, f"a lock for {what} was not granted"),
        )
        try:
            return retrying(one_try)
        except RetryError as exc:
            raise LockBudgetSpent(
                f"No lock for {what} within {self.budget_seconds:.0f} s{why_blocked()}.",
                "Nothing was changed by this step. End the blocker or wait for it, then run `migrator resume`.",
            ) from exc
