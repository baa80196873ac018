"""Runs one backfill to its end: batch after batch, held back by throttles, safe to kill anywhere.

The checkpoint is committed with its batch, so each batch is done exactly once; what this process remembers is a copy
of the row in `migrator.backfill`. After a lost connection that row is read back: it tells whether the last batch was
committed. Called by the phase engine and by `migrator backfill run`.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from migrator.backfill.batch import Batch, analyze, job_for, set_columns
from migrator.backfill.keyset import last_key, read_keyset, rows_estimate
from migrator.backfill.range_work import RangeWork, work_range
from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import open_session
from migrator.backfill.sizing import Sizing
from migrator.backfill.stripes import plan_striping, read_division
from migrator.backfill.throttling import Throttling
from migrator.backfill.walk import Walk
from migrator.errors import ChecksumChanged
from migrator.events import EventKind
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import translated
from migrator.state import backfills
from migrator.state.backfills import BackfillLedger, BackfillRecord, Standing

_ANALYZE_SECONDS = 3600.0
"""It samples, so it takes seconds; the limit is there because everything has one."""


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """How a run ended: always with every key passed; anything else is an exception."""

    name: str
    rows: int
    """Rows changed by this run; `rows_done` has those of earlier runs as well."""
    rows_done: int
    batches: int = 0
    seconds: float = 0.0
    paused_seconds: float = 0.0


class BackfillRunner:
    """Runs what a request asks for; one object per run."""

    def __init__(self, request: BackfillRequest) -> None:
        self._request = request
        self._rows_done = 0
        self._keys_done = 0
        self._rows_estimate: int | None = None

    def run(self) -> BackfillResult:
        """Run until every key that existed at the start has been passed; return at once when it was done before.

        Raises:
            InputError: the table does not exist or has no key.
            ChecksumChanged: the specification is not the one that earlier batches ran with.
            LockBudgetSpent: a batch met the same lock or timeout too often.
            LeaseLost: another runner works on this backfill.
            DatabaseFailed: the server refused a batch, or stayed away.
            Stopped: between batches; the next run goes on from the checkpoint.
        """
        request = self._request
        with ExitStack() as stack:
            with translated(f"Opening backfill {request.name}"):
                connection = open_session(request.connect)
                stack.callback(connection.close)
                record = recorded(connection, request)
                if record.is_done:
                    return BackfillResult(request.name, 0, record.rows_done)
                walk = stack.enter_context(self._begin(connection, record))
            throttling = request.throttling(
                stack, lambda reason: backfills.beat(walk.connection, request.migration, request.name, reason)
            )
            return self._run(walk, throttling)

    def _begin(self, connection: Connection, record: BackfillRecord) -> Walk:
        request = self._request
        keyset = read_keyset(connection, request.spec.table_name)
        if record.state == "pending":
            end, estimate = last_key(connection, keyset), rows_estimate(connection, keyset)
            backfills.begin(connection, request.migration, request.name, end, estimate)
            record = backfills.read(connection, request.migration, request.name)
        self._rows_estimate = record.rows_estimate
        self._take(Standing(record.place, record.rows_done, record.keys_done))
        division = read_division(connection, keyset)
        job = job_for(connection, request.migration, request.spec, keyset, request.target_seconds)
        job = replace(job, division=division)
        sizing = Sizing.start(request.target_seconds, record.batch_size or request.pace.batch_size)
        striping = plan_striping(connection, keyset, request.spec.set, division)
        walk = Walk(request, connection, job, record.end_key, record.place, sizing, striping)
        walk.go_on_from(record.place)
        return walk

    def _run(self, walk: Walk, throttling: Throttling) -> BackfillResult:
        request, before = self._request, self._rows_done
        started = request.clock.monotonic()
        request.tell(EventKind.BACKFILL_STARTED, table=request.spec.table, **self._progress(walk))
        work_range(walk, self._work(walk, throttling))
        self._finish(walk)
        rows, seconds = self._rows_done - before, request.clock.monotonic() - started
        request.tell(EventKind.BACKFILL_FINISHED, rows=rows, seconds=seconds)
        return BackfillResult(request.name, rows, self._rows_done, walk.batches, seconds, walk.paused_seconds)

    def _work(self, walk: Walk, throttling: Throttling) -> RangeWork:
        ledger = BackfillLedger(self._request.migration, self._request.name)
        return RangeWork(ledger, throttling, set_columns, partial(self._done, walk), self._take)

    def _done(self, walk: Walk, batch: Batch, seconds: float) -> None:
        self._rows_done += batch.rows
        self._keys_done += batch.keys_passed
        self._request.tell(EventKind.BACKFILL_BATCH, rows=batch.rows, seconds=seconds, **self._progress(walk))

    def _finish(self, walk: Walk) -> None:
        """ANALYZE belongs to the backfill: new values without statistics give the application bad plans."""
        request = self._request
        walk.job = replace(walk.job, statement_timeout_seconds=_ANALYZE_SECONDS)
        is_finished = False
        while not is_finished:
            try:
                walk.work(lambda: analyze(walk.connection, walk.job))
                backfills.finish(walk.connection, request.migration, request.name)
                is_finished = True
            except DatabaseError as exc:
                walk.survive(exc)

    def _take(self, standing: Standing) -> None:
        """Copy the counts of the row, which knows better than we do."""
        self._rows_done, self._keys_done = standing.rows_done, standing.keys_done

    def _progress(self, walk: Walk) -> dict[str, object]:
        return {
            "rows_done": self._rows_done,
            "keys_done": self._keys_done,
            "rows_estimate": self._rows_estimate,
            "batch_size": walk.sizing.size,
            "checkpoint": None if walk.checkpoint is None else list(walk.checkpoint),
        }


def recorded(connection: Connection, request: BackfillRequest) -> BackfillRecord:
    """Return the backfill's row, written first when there is none.

    Raises:
        ChecksumChanged: it began with another table, set or where.
    """
    spec = request.spec
    text = spec.model_dump(mode="json", exclude_none=True)
    backfills.register(connection, request.migration, spec.name, text, spec.checksum)
    record = backfills.read(connection, request.migration, spec.name)
    if record.spec_sha256 != spec.checksum:
        raise ChecksumChanged(
            f"Backfill {spec.name} was changed after it began: its table, set or where is another one.",
            "Put the manifest back, or abort the migration and begin again with the new one.",
        )
    return record
