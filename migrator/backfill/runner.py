"""Runs one backfill to its end: batch after batch, held back by throttles, safe to kill anywhere.

The checkpoint of a range is committed with its batch, so each batch is done exactly once. Any number of runners, in
this process and in others, work on the same backfill: the first one divides it into ranges, and all lease those.
Called by the phase engine and by `migrator backfill run`.
"""

from dataclasses import dataclass

from migrator.backfill.keyset import KeyRange
from migrator.backfill.parts import estimate, part_ends, part_keyset, part_names, read_part
from migrator.backfill.plan_check import refuse_unplannable
from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import open_and
from migrator.backfill.score import Score
from migrator.backfill.splitting import cuts, new_ranges
from migrator.backfill.table_keys import KeyRecord
from migrator.backfill.workers import run_workers
from migrator.errors import ChecksumChanged, LeaseLost
from migrator.events import EventKind
from migrator.pg.driver import Connection
from migrator.pg.failures import translated
from migrator.state import backfills, ranges
from migrator.state.backfills import BackfillRecord


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

    def __init__(self, request: BackfillRequest, workers: int | None = None) -> None:
        self._request = request
        self._workers = workers or request.pace.workers

    def run(self) -> BackfillResult:
        """Run until every key that existed at the start has been passed; return at once when it was done before.

        Raises:
            InputError: the table does not exist or has no key, or the server does not take an expression.
            ChecksumChanged: the specification is not the one that earlier batches ran with.
            LockBudgetSpent: a batch met the same lock or timeout too often.
            DatabaseFailed: the server refused a batch, or stayed away.
            Stopped: between batches; the next run goes on from the checkpoint.
        """
        request = self._request
        with translated(f"Opening backfill {request.name}"):
            record = self._opened()
        if record.is_done:
            return BackfillResult(request.name, 0, record.rows_done)
        size = record.batch_size or request.pace.batch_size
        return self._run(Score(record.rows_done, record.keys_done, record.rows_estimate, size), record)

    def _opened(self) -> BackfillRecord:
        """Return the record, begun; in another session when the server goes away meanwhile."""
        request = self._request

        def look(connection: Connection) -> BackfillRecord:
            with connection:
                record = recorded(connection, request)
                return record if record.is_done else self._begun(connection, record)

        return open_and(look, request.connect, request.clock, request.reconnect_seconds, is_patient=False)

    def _run(self, score: Score, record: BackfillRecord) -> BackfillResult:
        request, started = self._request, self._request.clock.monotonic()
        checkpoint = None if record.checkpoint is None else list(record.checkpoint)
        told = {"batch_size": score.batch_size, "checkpoint": checkpoint, "workers": self._workers, **score.progress()}
        request.tell(EventKind.BACKFILL_STARTED, table=request.spec.table, **told)
        run_workers(request, score, self._workers)
        rows, seconds = score.rows_done - record.rows_done, request.clock.monotonic() - started
        request.tell(EventKind.BACKFILL_FINISHED, rows=rows, seconds=seconds)
        return BackfillResult(request.name, rows, score.rows_done, score.batches, seconds, score.paused_seconds)

    def _begun(self, connection: Connection, record: BackfillRecord) -> BackfillRecord:
        """Fix the end and divide the keys into ranges, unless another runner has."""
        request = self._request
        if record.state == "pending":
            ends = part_ends(connection, request.spec)
            first = ends[0].name if ends else part_names(connection, request.spec)[0]
            part = read_part(connection, request, first)
            refuse_unplannable(connection, part, request.name, ends[0].end if ends else None)
            end, rows = ends[-1].end if ends else None, estimate(connection, request.spec)
            walked = {part.name or "": KeyRecord.of(part.keyset).stored() for part in ends}
            backfills.begin(connection, request.migration, request.name, end, rows, walked)
        with connection.transaction():
            self._divide(connection)
        return backfills.read(connection, request.migration, request.name)

    def _divide(self, connection: Connection) -> None:
        """A backfill that a runner of the version before has begun goes on from its place, as ranges."""
        request = self._request
        found = ranges.take_turn(connection, request.migration, request.name)
        if found is None:
            raise LeaseLost(f"The record of backfill {request.name} vanished.", "Check who deletes rows of migrator.")
        if found.is_shared or found.state != "running":
            return
        begun = found.place.window.upto if found.place.window else found.place.checkpoint
        if begun is None:
            parts = [(part.name, part.keyset, part.end) for part in part_ends(connection, request.spec)]
        elif found.end_key is None or begun == found.end_key:
            parts = []
        else:
            parts = [(found.part, part_keyset(connection, request.spec, found.part), found.end_key)]
        made: list[ranges.NewRange] = []
        for name, keyset, end in parts:
            left = KeyRange(begun, end)
            at = cuts(connection, keyset, left, self._workers, request.pace.batch_size)
            made += new_ranges(name, found.place, left, at)
        ranges.share(connection, request.migration, request.name, made)


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
