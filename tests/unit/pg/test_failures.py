"""Which errors of the driver mean that the session is gone: what it was doing is then known to the server only."""

import pytest

from migrator.pg.driver import DatabaseError, errors
from migrator.pg.failures import describe, is_connection_loss


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (errors.AdminShutdown, True),
        (errors.CrashShutdown, True),
        (errors.IdleInTransactionSessionTimeout, True),
        (errors.TransactionTimeout, True),
        (errors.ConnectionFailure, True),
        (errors.OperationalError, True),
        (errors.QueryCanceled, False),
        (errors.LockNotAvailable, False),
        (errors.DiskFull, False),
        (errors.UniqueViolation, False),
    ],
)
def test_a_lost_session(error: type[DatabaseError], is_lost: bool) -> None:
    assert is_connection_loss(error("no more")) is is_lost


def test_a_timeout_that_ended_the_session_says_which_setting() -> None:
    failure = describe(errors.TransactionTimeout("terminating connection due to transaction timeout"), "Step 1")
    assert failure.situation == "Step 1 failed: terminating connection due to transaction timeout (SQLSTATE 25P04)."
    assert "[locks] transaction_timeout" in failure.todo
