"""Waiting until a phase may begin: `migrator gate --wait`, for a deploy that shall go on by itself."""

from collections.abc import Callable

from migrator.clock import Clock
from migrator.errors import DatabaseFailed
from migrator.gates.evaluate import are_open
from migrator.gates.gate import GateResult

PAUSE_SECONDS = 5.0
"""A gate looks at catalogs and our own tables: cheap, but not for nothing."""


def wait_until_open(
    ask: Callable[[], tuple[GateResult, ...]],
    clock: Clock,
    seconds: float,
    tell: Callable[[str], None],
    pause_seconds: float = PAUSE_SECONDS,
) -> tuple[GateResult, ...]:
    """Ask until every gate is open or the time is over; return the last answer.

    Args:
        ask: evaluates the gates.
        clock: its stop request ends the waiting.
        seconds: how long to wait; with 0 it is asked once.
        tell: hears why it goes on waiting, each time that another gate stands against it.
        pause_seconds: between two looks.

    Raises:
        DatabaseFailed: the database was away when the time was over.
        Stopped: on request.
    """
    until = clock.monotonic() + seconds
    told = ""
    while True:
        left = until - clock.monotonic()
        try:
            results = ask()
            reason = "; ".join(f"{r.gate} {r.status.value}" for r in results if not are_open((r,)))
        except DatabaseFailed as exc:
            if left <= 0:
                raise
            results, reason = (), exc.situation
        if left <= 0 or (results and not reason):
            return results
        if reason != told:
            words = "; ".join(f"{r.gate} {r.status.value}: {r.reason}" for r in results if not are_open((r,)))
            tell(f"waiting: {words or reason}")
            told = reason
        clock.wait(min(pause_seconds, left), f"the gates open ({reason})")
