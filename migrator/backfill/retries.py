"""What is tried again and for how long: a batch that met a lock or a timeout, a server that went away.

Every pause is `Clock.wait`, so that a stop request ends it; every retry has an end.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_random_exponential,
)

from migrator.backfill.batch import BatchJob, is_retryable
from migrator.clock import Clock
from migrator.errors import DatabaseFailed, LockBudgetSpent
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import is_connection_loss
from migrator.pg.queries import query

T = TypeVar("T")

MOST_LOSSES = 5
"""Connections lost in a row without one batch in between: then the batch itself may be what ends them."""
_ATTEMPTS = 20
_LONGEST_PAUSE_SECONDS = 8.0
"""With it, `_ATTEMPTS` tries of one batch take about a minute and a half."""
_RECONNECT_PAUSE_SECONDS = 5.0


class _TryAgain(Exception):
    """A failure that is safe to repeat; the server's error is its cause."""

    def __init__(self, error: DatabaseError) -> None:
        super().__init__(str(error))
        self.error = error


def persistently(
    attempt: Callable[[], T], job: BatchJob, clock: Clock, on_retry: Callable[[int, DatabaseError], None]
) -> T:
    """Return what `attempt` returns, tried again on lock timeouts, deadlocks and its own statement timeout.

    Raises:
        LockBudgetSpent: every try failed so.
        DatabaseError: it failed otherwise; not tried again.
        Stopped: between two tries.
    """

    def one_try() -> T:
        started = clock.monotonic()
        try:
            return attempt()
        except DatabaseError as exc:
            if is_retryable(exc, clock.monotonic() - started, job):
                raise _TryAgain(exc) from exc
            raise

    def before_sleep(state: RetryCallState) -> None:
        on_retry(state.attempt_number, _error(state))

    retrying = Retrying(
        retry=retry_if_exception_type(_TryAgain),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.05, max=_LONGEST_PAUSE_SECONDS),
        sleep=lambda seconds: clock.wait(seconds, f"backfill {job.spec.name} tries a batch again"),
        before_sleep=before_sleep,
    )
    try:
        return retrying(one_try)
    except RetryError as exc:
        cause = exc.last_attempt.exception()
        raise _gave_up(job, cause.error if isinstance(cause, _TryAgain) else None) from cause


def open_session(connect: Callable[[], Connection]) -> Connection:
    """Open a session in which keys read back as they were written."""
    connection = connect()
    try:
        connection.execute(query("batches.session", "migrator.backfill"))
    except DatabaseError:
        connection.close()
        raise
    return connection


def open_again(connect: Callable[[], Connection], clock: Clock, longest_seconds: float) -> Connection:
    """Open the session again after it was lost; a restart or a failover takes its time.

    Raises:
        DatabaseFailed: the server did not come back within `longest_seconds`.
        Stopped: between two tries.
    """
    retrying = Retrying(
        retry=retry_if_exception_type((DatabaseFailed, DatabaseError)),
        stop=stop_after_delay(longest_seconds),
        wait=wait_exponential(multiplier=0.2, max=_RECONNECT_PAUSE_SECONDS),
        sleep=lambda seconds: clock.wait(seconds, "the server is not reachable"),
        reraise=True,
    )
    return retrying(open_session, connect)


def open_and(
    look: Callable[[Connection], T],
    connect: Callable[[], Connection],
    clock: Clock,
    longest_seconds: float,
    *,
    is_patient: bool = True,
) -> T:
    """Open a session and return what `look` makes of it, in another session when the server goes away meanwhile.

    One that is not patient does not wait for a server that is not there at the beginning.

    Raises:
        DatabaseFailed: the server did not come back within `longest_seconds`.
        DatabaseError: of `look`; the session is closed.
        Stopped: between two tries.
    """
    again = partial(open_again, connect, clock, longest_seconds)
    opened = again if is_patient else partial(open_session, connect)
    losses = 0
    while True:
        connection: Connection | None = None
        try:
            connection = opened()
            return look(connection)
        except BaseException as exc:
            if connection is not None:
                connection.close()
            elif opened is again:
                raise  # it was tried for long enough
            losses += 1
            if losses > MOST_LOSSES or not (isinstance(exc, DatabaseError) and is_connection_loss(exc)):
                raise
        opened = again


def _error(state: RetryCallState) -> DatabaseError:
    cause = state.outcome.exception() if state.outcome else None
    return cause.error if isinstance(cause, _TryAgain) else DatabaseError()


def _gave_up(job: BatchJob, error: DatabaseError | None) -> LockBudgetSpent:
    primary = (error.diag.message_primary if error else None) or str(error)
    state = error.sqlstate if error else ""
    return LockBudgetSpent(
        f"Backfill {job.spec.name} tried one batch of {job.spec.table} {_ATTEMPTS} times: {primary} "
        f"(SQLSTATE {state}).",
        "What is done is recorded. End the transaction that holds the rows (pg_stat_activity shows the oldest), or "
        "make the expression cheaper, then run `migrator resume`.",
        sqlstate=state,
    )
