"""One batch: the rows of one key range changed and the checkpoint moved, in one transaction.

What the batch needs to know is in `BatchJob`; it keeps no state, so several workers can run batches of one job.
"""

from collections.abc import Callable
from dataclasses import dataclass

from migrator.backfill.keyset import KeyRange, Keyset, next_range, range_conditions
from migrator.backfill.ledger import Ledger
from migrator.backfill.spec import BackfillSpec
from migrator.pg.driver import Connection, errors, sql
from migrator.pg.fragment import Fragment
from migrator.pg.queries import query
from migrator.state.places import Advance, Key, Place

SHORTEST_STATEMENT_SECONDS = 1.0
"""Below this a cold cache or a checkpoint would look like a batch that is too large."""
STATEMENT_TARGETS = 5
_COMMA = sql.SQL(", ")
_RETRYABLE = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What all batches of one backfill share."""

    migration: str
    spec: BackfillSpec
    keyset: Keyset
    lock_timeout_seconds: float
    statement_timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a window that one batch changes, and the place when it is committed."""

    keys: KeyRange
    place: Place


@dataclass(frozen=True, slots=True)
class Batch:
    """A committed batch."""

    piece: Piece
    keys_passed: int
    rows: int


Change = Callable[[Connection, BatchJob, Piece], int]
"""Changes the rows of a piece inside the batch's transaction and returns how many."""


def job_for(connection: Connection, migration: str, spec: BackfillSpec, keyset: Keyset, target: float) -> BatchJob:
    """Return the job; half of the server's deadlock_timeout is how long a batch waits for a row.

    An application's transaction that waits for a row of our batch began to wait after the batch began. We give up
    before the server looks for a deadlock, so that the one to be cancelled is never the application.
    """
    row = connection.execute(query("batches.deadlock_timeout", "migrator.backfill")).fetchone()
    deadlock_timeout = float(row["seconds"]) if row else 1.0
    return BatchJob(
        migration,
        spec,
        keyset,
        lock_timeout_seconds=max(0.01, deadlock_timeout / 2),
        statement_timeout_seconds=max(SHORTEST_STATEMENT_SECONDS, STATEMENT_TARGETS * target),
    )


def run_batch(
    connection: Connection, job: BatchJob, ledger: Ledger, place: Place, end: Key | None, size: int, change: Change
) -> Batch:
    """Change the rows of the next `size` keys after the place; return when it is committed.

    Raises:
        LeaseLost: another runner moved the place; nothing of this batch was kept.
        DatabaseError: the server said no, or went away; `ledger.settled` tells whether the batch was committed.
    """
    if end is None:
        raise ValueError("a batch of an empty table was asked for")
    with connection.transaction():
        begin(connection, job)
        piece = next_piece(connection, job, place, end, size)
        rows = change(connection, job, piece)
        passed = size if piece.keys.upto != end else max(rows, 1)
        ledger.advance(connection, Advance(place, piece.place, keys=passed, rows=rows, batch_size=size))
    return Batch(piece, passed, rows)


def next_piece(connection: Connection, job: BatchJob, place: Place, end: Key, size: int) -> Piece:
    """Return what the next batch changes."""
    keys = next_range(connection, job.keyset, place.passed, end, size)
    return Piece(keys, Place(keys.upto))


def set_columns(connection: Connection, job: BatchJob, piece: Piece) -> int:
    """Give the columns of `set` their values."""
    return sum(connection.execute(statement).rowcount for statement in update_statements(job, piece.keys))


def begin(connection: Connection, job: BatchJob) -> None:
    """Set the limits of this transaction, and the word that lets it pass the sync trigger."""
    values = {
        "lock_timeout": _milliseconds(job.lock_timeout_seconds),
        "statement_timeout": _milliseconds(job.statement_timeout_seconds),
        "bypass": job.migration,
    }
    connection.execute(query("batches.begin", "migrator.backfill"), values)


def begin_reading(connection: Connection, job: BatchJob) -> None:
    """Set the limits of a transaction that changes nothing, even when an expression would."""
    values = {"statement_timeout": _milliseconds(job.statement_timeout_seconds)}
    connection.execute(query("batches.begin_reading", "migrator.backfill"), values)


def update_statements(job: BatchJob, keys: KeyRange) -> list[sql.Composed]:
    """Return the UPDATEs that together change the range: one, or a few where a composite key crosses a group."""
    assignments = _COMMA.join(
        sql.SQL("{} = {}").format(sql.Identifier(column), Fragment(text)) for column, text in job.spec.set.items()
    )
    needed = sql.SQL("") if job.spec.where is None else sql.SQL(" AND {}").format(Fragment(job.spec.where))
    return [
        sql.SQL("UPDATE {} SET {} WHERE {}{}").format(job.keyset.source, assignments, condition, needed)
        for condition in range_conditions(job.keyset, keys)
    ]


def is_retryable(error: BaseException, seconds: float, job: BatchJob) -> bool:
    """Return whether running the batch again, smaller, is safe and may help.

    A cancelled statement (57014) is ours only when it ran for its whole `statement_timeout`; otherwise a person or a
    program cancelled it on purpose.
    """
    if isinstance(error, errors.QueryCanceled):
        return seconds >= job.statement_timeout_seconds
    return isinstance(error, _RETRYABLE)


def analyze(connection: Connection, job: BatchJob) -> None:
    """Refresh the table's statistics."""
    with connection.transaction():
        begin(connection, job)
        connection.execute(sql.SQL("ANALYZE {}").format(job.keyset.source))


def _milliseconds(seconds: float) -> str:
    return f"{int(seconds * 1000)}ms"
