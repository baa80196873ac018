"""Proof after the backfill: how many rows still need it, and how many differ from what they should be.

Reads the whole table in key ranges, at the same pace and behind the same throttles as the backfill, in read-only
transactions. Rows beyond the last key at the beginning are the sync trigger's and are not waited for.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace

from migrator.backfill.batch import BatchJob, begin_reading, job_for
from migrator.backfill.keyset import KeyRange, Keyset, column_types, last_key, next_range, range_conditions, read_keyset
from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import open_session
from migrator.backfill.runner import recorded
from migrator.backfill.sizing import Sizing
from migrator.backfill.throttling import Throttling
from migrator.backfill.walk import Walk
from migrator.errors import InputError, NotYet
from migrator.events import EventKind
from migrator.pg.driver import Connection, DatabaseError, sql
from migrator.pg.failures import translated
from migrator.pg.fragment import Fragment, TypeName
from migrator.state import backfills
from migrator.state.backfills import BackfillRecord, Key
from migrator.state.places import Place

_COMMA = sql.SQL(", ")
_OR = sql.SQL(" OR ")
_NEVER = sql.SQL("false")


@dataclass(frozen=True, slots=True)
class Verification:
    """What was counted: `remaining` rows match `where`, `different` ones do not hold what `set` says."""

    name: str
    rows: int = 0
    remaining: int = 0
    different: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left and nothing differs."""
        return self.remaining == 0 and self.different == 0

    def plus(self, rows: int, remaining: int, different: int) -> "Verification":
        """Return the sum with another piece of the table."""
        return replace(
            self,
            rows=self.rows + rows,
            remaining=self.remaining + remaining,
            different=self.different + different,
        )


def verify(request: BackfillRequest) -> Verification:
    """Count the whole table and store the result beside the backfill; it is `verified` only when both are zero.

    Raises:
        NotYet: the backfill has not ended.
        InputError: the table or a column does not exist.
        DatabaseFailed, LockBudgetSpent, Stopped: as for a run; nothing is stored.
    """
    with ExitStack() as stack:
        with translated(f"Opening backfill {request.name}"):
            connection = open_session(request.connect)
            stack.callback(connection.close)
            _refuse_unfinished(recorded(connection, request))
            keyset = read_keyset(connection, request.spec.table_name)
            counts = _count_expressions(connection, request, keyset)
            walk = stack.enter_context(_walk(connection, request, keyset))
        throttling = request.throttling(
            stack, lambda reason: backfills.beat(walk.connection, request.migration, request.name, reason)
        )
        total = Verification(request.name)
        while not walk.is_at_end:
            request.clock.check_stop(f"verifying backfill {request.name}")
            total = _step(walk, throttling, counts, total)
        return _recorded(walk, request, total)


def _walk(connection: Connection, request: BackfillRequest, keyset: Keyset) -> Walk:
    end = last_key(connection, keyset)
    job = job_for(connection, request.migration, request.spec, keyset, request.target_seconds)
    return Walk(request, connection, job, end, Place(), Sizing.start(request.target_seconds, request.pace.batch_size))


def _refuse_unfinished(record: BackfillRecord) -> None:
    if not record.is_done:
        raise NotYet(
            f"Backfill {record.name} is {record.state}; only a finished one can be verified.",
            f"Run `migrator backfill run {record.migration}` first.",
        )


def _step(walk: Walk, throttling: Throttling, counts: sql.Composable, total: Verification) -> Verification:
    try:
        walk.paused_seconds += throttling.hold()
        (keys, found), seconds = walk.work(lambda: _count_piece(walk, counts))
    except DatabaseError as exc:
        walk.survive(exc)
        return total
    walk.passed(Place(keys.upto), found[0], found[0], seconds)
    return total.plus(*found)


def _count_piece(walk: Walk, counts: sql.Composable) -> tuple[KeyRange, tuple[int, int, int]]:
    job: BatchJob = walk.job
    end: Key = walk.end or ()
    with walk.connection.transaction():
        begin_reading(walk.connection, job)
        keys = next_range(walk.connection, job.keyset, walk.checkpoint, end, walk.sizing.size)
        rows = remaining = different = 0
        for condition in range_conditions(job.keyset, keys):
            statement = sql.SQL("SELECT {} FROM {} WHERE {}").format(counts, job.keyset.source, condition)
            row = walk.connection.execute(statement).fetchone() or {}
            rows += row["rows"]
            remaining += row["remaining"]
            different += row["different"]
    return keys, (rows, remaining, different)


def _count_expressions(connection: Connection, request: BackfillRequest, keyset: Keyset) -> sql.Composable:
    spec = request.spec
    remaining = _NEVER if spec.where is None else Fragment(spec.where)
    different = _NEVER
    if spec.compare:
        types = column_types(connection, keyset)
        missing = [column for column in spec.set if column not in types]
        if missing:
            raise InputError(
                f"{spec.table} has no column {', '.join(missing)}.", "Correct `set` in the manifest, or run expand."
            )
        different = _OR.join(_differs(column, text, types[column]) for column, text in spec.set.items())
    return sql.SQL(
        "count(*) AS rows, count(*) FILTER (WHERE {}) AS remaining, count(*) FILTER (WHERE {}) AS different"
    ).format(remaining, different)


def _differs(column: str, text: str, type_name: TypeName) -> sql.Composable:
    """Compare as stored bytes, and only what differs there as text in the C collation.

    `IS DISTINCT FROM` has no operator for json and xml, and calls 'A' and 'a' equal under citext and some collations.
    """
    name = sql.Identifier(column)
    wanted = sql.SQL("CAST({} AS {})").format(Fragment(text), type_name)
    return sql.SQL(
        "(pg_catalog.record_image_ne(ROW({0}), ROW({1}))"
        ' AND {0}::text COLLATE "C" IS DISTINCT FROM {1}::text COLLATE "C")'
    ).format(name, wanted)


def _recorded(walk: Walk, request: BackfillRequest, total: Verification) -> Verification:
    with translated(f"Recording the verification of {request.name}"):
        backfills.record_verification(
            walk.connection, request.migration, request.name, total.remaining, total.different
        )
    request.tell(EventKind.BACKFILL_VERIFIED, rows=total.rows, remaining=total.remaining, different=total.different)
    return total
