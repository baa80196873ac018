"""For applications on psycopg 3: how to survive "cached plan must not change result type" after a schema change.

psycopg prepares a query on its fifth run, and the server refuses a prepared `SELECT *` (or `RETURNING *`) once a
column was added: in a transaction its ROLLBACK makes the driver forget what it prepared, and the next try works; on an
autocommit connection the same query fails for ever. Nothing here is needed by code that names its columns, or that
connects with `prepare_threshold=None`. Used by nothing in migrator itself, which prepares nothing.

    rows = retry_on_stale_plan(connection, lambda c: c.execute("SELECT * FROM users WHERE id = %s", [7]).fetchall())
"""

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

T = TypeVar("T")
_STALE = "cached plan must not change result type"


def is_stale_plan(error: BaseException) -> bool:
    """Return whether the server refused a prepared statement because the shape of its result changed."""
    return isinstance(error, errors.FeatureNotSupported) and _STALE in (error.diag.message_primary or str(error))


def forget_plans(connection: psycopg.Connection[Any]) -> None:
    """Make the driver and the server forget every statement that this connection prepared.

    Raises:
        ProgrammingError (of the driver): the connection is in a transaction; roll it back first.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise psycopg.ProgrammingError("forget_plans() in a transaction: roll it back first")
    # The driver forgets at a ROLLBACK, and then sends DEALLOCATE ALL itself before the next query; after a DEALLOCATE
    # of ours, psycopg 3.2 would go on using names that are gone. Outside transactions the server only warns.
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK")


def retry_on_stale_plan(
    connection: psycopg.Connection[Any], run: Callable[[psycopg.Connection[Any]], T], *, most_retries: int = 1
) -> T:
    """Return what `run` returns; after a stale plan forget the plans and run it again.

    `run` does one whole unit of work: a query on an autocommit connection, or all of a transaction that it opens
    itself. Inside a transaction that is open already nothing is tried again, because its earlier part is lost.
    """
    for left in range(most_retries, -1, -1):
        try:
            return run(connection)
        except errors.FeatureNotSupported as exc:
            is_idle = connection.info.transaction_status == TransactionStatus.IDLE
            if not (left and is_idle and is_stale_plan(exc)):
                raise
            forget_plans(connection)
    raise AssertionError("unreachable: the last try returns or raises")
