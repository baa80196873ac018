"""One batch: the rows of one key range changed and the checkpoint moved, in one transaction.

What the batch needs to know is in `BatchJob`; it keeps no state, so several workers can run batches of one job.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from migrator.backfill.keyset import KeyRange, Keyset, pages_condition, range_conditions
from migrator.backfill.ledger import Ledger
from migrator.backfill.pieces import Piece, Stride, next_piece
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.stripes import Division
from migrator.pg.driver import Connection, errors, sql
from migrator.pg.fragment import Fragment
from migrator.pg.queries import query
from migrator.state.places import Advance, Key, Place

SHORTEST_STATEMENT_SECONDS = 1.0
"""Below this a cold cache or a checkpoint would look like a batch that is too large."""
STATEMENT_TARGETS = 5
_SHORTEST_LOCK_WAIT_SECONDS = 0.01
_AND = sql.SQL(" AND ")
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
    division: Division | None = None
    """How the rows of a window are divided into stripes; None: they are not."""
    columns: tuple[str, ...] = ()
    """The columns that change; none when that is not known."""

    def within(self, target_seconds: float) -> "BatchJob":
        """Return the job for batches that should take so long: they wait for a row for half of it."""
        return replace(self, lock_timeout_seconds=min(self.lock_timeout_seconds, _lock_timeout(target_seconds)))

    @property
    def is_every_row_changed(self) -> bool:
        """Whether the rows changed are as many as the keys passed."""
        return bool(self.spec.set) and self.spec.where is None


@dataclass(frozen=True, slots=True)
class Batch:
    """A committed batch."""

    piece: Piece
    end: Key
    """Where its range ends by now: it is cut when another worker takes over a part of it."""
    keys_passed: int
    rows: int
    hot: int | None = None
    """Rows whose new version found room on the page of the old one; None: not looked at."""

    @property
    def keys_weighed(self) -> int:
        """Keys whose work this was, for the batch size: in a striped window a part of those gone over."""
        counted = self.piece.keys_counted
        return self.rows or self.keys_passed if counted is None else max(1, counted // self.piece.stripes)


Change = Callable[[Connection, BatchJob, Piece], int]
"""Changes the rows of a piece inside the batch's transaction and returns how many."""


def job_for(connection: Connection, migration: str, spec: BackfillSpec, keyset: Keyset, target: float) -> BatchJob:
    """Return the job; a batch waits for a row for half of `target`, and less than half of deadlock_timeout.

    While it waits it holds the rows that it has changed, and the application waits for those: a batch that waited
    half a second for one row was the longest stall of a rename (`benchmarks/stalls.py`). We also give up before the
    server looks for a deadlock, so that the one to be cancelled is never the application.
    """
    row = connection.execute(query("batches.deadlock_timeout", "migrator.backfill")).fetchone()
    deadlock_timeout = float(row["seconds"]) if row else 1.0
    return BatchJob(
        migration,
        spec,
        keyset,
        lock_timeout_seconds=_lock_timeout(min(deadlock_timeout, target)),
        statement_timeout_seconds=max(SHORTEST_STATEMENT_SECONDS, STATEMENT_TARGETS * target),
    )


def _lock_timeout(seconds: float) -> float:
    return max(_SHORTEST_LOCK_WAIT_SECONDS, seconds / 2)


def run_batch(
    connection: Connection, job: BatchJob, ledger: Ledger, place: Place, end: Key | None, stride: Stride, change: Change
) -> Batch:
    """Change the rows of the next piece after the place; return when it is committed.

    Raises:
        LeaseLost: another runner moved the place; nothing of this batch was kept.
        DatabaseError: the server said no, or went away; `ledger.settled` tells whether the batch was committed.
    """
    if end is None:
        raise ValueError("a batch of an empty table was asked for")
    with connection.transaction():
        hot_before = begin(connection, job, is_durable=False)
        end = ledger.hold(connection, end)
        piece = next_piece(connection, job.keyset, place, end, stride)
        rows = change(connection, job, piece)
        hot = _hot_updates(connection, job) - hot_before if job.division and piece.is_last_stripe else None
        passed = piece.keys_passed(rows, is_every_row_changed=job.is_every_row_changed)
        ledger.advance(connection, Advance(place, piece.place, keys=passed, rows=rows, batch_size=stride.size))
    return Batch(piece, end, passed, rows, hot)


def _hot_updates(connection: Connection, job: BatchJob) -> int:
    """Return a count that only its own difference inside one transaction gives a meaning."""
    row = connection.execute(query("batches.hot_updates", "migrator.backfill"), {"table": job.keyset.oid}).fetchone()
    return int(row["hot"]) if row else 0


def begin(connection: Connection, job: BatchJob, *, is_durable: bool = True) -> int:
    """Set the limits of this transaction, and the word that lets it pass the sync trigger.

    One that is not durable does not wait for the disk (docs/decisions/0009): a server that crashes may lose it as a
    whole, rows and place together. Returns the count of HOT updates at its beginning: asked for here, it costs no
    round trip of its own.
    """
    values = {
        "lock_timeout": _milliseconds(job.lock_timeout_seconds),
        "statement_timeout": _milliseconds(job.statement_timeout_seconds),
        "bypass": job.migration,
        "commit": None if is_durable else "off",
        "table": job.keyset.oid,
    }
    row = connection.execute(query("batches.begin", "migrator.backfill"), values).fetchone()
    return int(row["hot"]) if row else 0


def begin_reading(connection: Connection, job: BatchJob, *, is_brief: bool = False) -> None:
    """Set the limits of a transaction that changes nothing, even when an expression would.

    A brief one waits for a lock no longer than a batch does: the batch waits for it.
    """
    values = {
        "statement_timeout": _milliseconds(job.statement_timeout_seconds),
        "lock_timeout": _milliseconds(job.lock_timeout_seconds) if is_brief else None,
    }
    connection.execute(query("batches.begin_reading", "migrator.backfill"), values)


def piece_conditions(job: BatchJob, piece: Piece) -> Iterator[sql.Composable]:
    """Yield conditions that together hold exactly the rows that the piece changes."""
    more: list[sql.Composable] = []
    if piece.stripe is not None and job.division is not None:
        more.append(job.division.condition(piece.stripe, is_positive=_is_positive(job.keyset, piece.keys)))
    if job.spec.where is not None:
        more.append(Fragment(job.spec.where))
    keys = job.keyset, piece.keys
    for condition in range_conditions(*keys) if piece.stripes == 1 else [pages_condition(*keys)]:
        yield _AND.join([condition, *more])


def _is_positive(keyset: Keyset, keys: KeyRange) -> bool:
    return keyset.is_integer and keys.after is not None and int(keys.after[0]) >= 0


def is_retryable(error: BaseException, seconds: float, job: BatchJob) -> bool:
    """Return whether running the batch again, smaller, is safe and may help.

    A cancelled statement (57014) is ours only when it ran for its whole `statement_timeout`; otherwise a person or a
    program cancelled it on purpose.
    """
    if isinstance(error, errors.QueryCanceled):
        return seconds >= job.statement_timeout_seconds
    return isinstance(error, _RETRYABLE)


def analyze(connection: Connection, job: BatchJob) -> None:
    """Refresh the statistics of what was changed."""
    columns = _COMMA.join(sql.Identifier(column) for column in job.columns)
    chosen = sql.SQL(" ({})").format(columns) if job.columns else sql.SQL("")
    with connection.transaction():
        begin(connection, job)
        connection.execute(sql.SQL("ANALYZE {}{}").format(sql.Identifier(*job.spec.table_name), chosen))


def _milliseconds(seconds: float) -> str:
    return f"{int(seconds * 1000)}ms"
