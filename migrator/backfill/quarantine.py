"""Rows that the server refuses: found one by one, set aside with their error, tried again when somebody asks.

A batch that fails because of what is in a row is cut in halves until the row is alone. The row is set aside in the
transaction that passes its key, so that it is neither lost nor in the way; nothing is set aside beyond a limit. An
error that has other causes (a lock, a full disk, a missing privilege or column) sets nothing aside.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from migrator.backfill.batch import begin
from migrator.backfill.keyset import key_as_range
from migrator.backfill.ledger import Ledger
from migrator.backfill.parts import Part, is_gone, read_part
from migrator.backfill.pieces import Piece, next_piece
from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import open_session
from migrator.backfill.sizing import Sizing
from migrator.backfill.table_keys import KeyRecords
from migrator.backfill.walk import Walk
from migrator.errors import Refused
from migrator.events import EventKind
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import translated
from migrator.state import quarantine as store
from migrator.state.places import Advance, Key, Place
from migrator.state.quarantine import QuarantinedRow

_ROW_FAULTS = ("21", "22", "23", "2F", "38", "39", "44", "54", "P0")
"""Classes of SQLSTATE that depend on what is in the row: cardinality, data, integrity, routines, check options, limits,
PL/pgSQL."""
_LONGEST_ERROR = 500
_MOST_SINGLES = 64
"""Rows tried alone until the one that failed must have been changed or deleted meanwhile."""


def is_row_fault(exc: DatabaseError) -> bool:
    """Return whether another row would pass where this one did not."""
    return (exc.sqlstate or "")[:2] in _ROW_FAULTS


class Hunt:
    """Looks for rows that the server refuses, in one range that one worker has leased."""

    def __init__(self, walk: Walk, ledger: Ledger, part: str | None, limit: Callable[[], int]) -> None:
        self._walk = walk
        self._ledger = ledger
        self._part = part
        self._limit = limit
        self._before: Sizing | None = None
        """The batch size's controller as it was when a batch failed; None: nothing is looked for."""
        self._size = 0
        self._singles = 0

    def refused(self, exc: DatabaseError) -> bool:
        """Return whether the failed batch is taken care of: made smaller, or its only row set aside.

        Raises:
            Refused: as many rows as the limit allows are set aside already.
        """
        walk = self._walk
        if not is_row_fault(exc) or self._limit() == 0 or walk.job.keyset.rows_per_page:
            return False
        if self._before is None:
            self._before, self._size = walk.sizing, walk.sizing.size
        if self._size == 1:
            self._set_aside(exc)
            self._is_over()
        else:
            self._singles = 0
            self._take_half()
        return True

    def passed(self) -> None:
        """Go on with half of what is left to look at, after a batch that was committed."""
        if self._before is not None:
            self._singles += self._size == 1
            if self._singles > _MOST_SINGLES:
                self._is_over()
            else:
                self._take_half()

    def _take_half(self) -> None:
        self._size = max(1, self._size // 2)
        if self._before is not None:
            self._walk.sizing = replace(self._before, size=self._size)
        self._walk.density = None  # a computed boundary may hold two rows where one was asked for

    def _is_over(self) -> None:
        if self._before is not None:
            self._walk.sizing = self._before
        self._before, self._singles = None, 0

    def _set_aside(self, exc: DatabaseError) -> None:
        walk, request = self._walk, self._walk.request
        connection, stride = walk.connection, replace(walk.stride, size=1, density=None)
        with connection.transaction():
            begin(connection, walk.job)
            end = self._ledger.hold(connection, walk.end or ())
            self._refuse_more(connection, exc)
            piece = next_piece(connection, walk.job.keyset, walk.place, end, stride)
            row = QuarantinedRow(self._part, piece.keys.upto, exc.sqlstate or "", error_text(exc))
            store.put(connection, request.migration, request.name, row)
            keys = piece.keys_passed(0, is_every_row_changed=False)
            size = self._before.size if self._before else 1
            self._ledger.advance(connection, Advance(walk.place, piece.place, keys=keys, rows=0, batch_size=size))
        walk.end = end
        walk.go_on_from(piece.place)
        request.tell(EventKind.BACKFILL_QUARANTINED, key=list(row.key), sqlstate=row.sqlstate, error=row.error)

    def _refuse_more(self, connection: Connection, exc: DatabaseError) -> None:
        request, limit = self._walk.request, self._limit()
        if store.counted(connection, request.migration, request.name) >= limit:
            raise Refused(
                f"Backfill {request.name} has set aside {limit} rows, as many as it may (quarantine_limit), and the "
                f"server refuses another one: {error_text(exc)} (SQLSTATE {exc.sqlstate}).",
                "`migrator backfill quarantine` lists them. Correct the rows or what refuses them, then "
                "`migrator backfill retry-quarantined`; or raise the limit.",
                sqlstate=exc.sqlstate,
            )


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of rows that were set aside."""

    name: str
    filled: int = 0
    gone: int = 0
    """Deleted by the application meanwhile, or no longer in need of it."""
    refused: int = 0
    """Still set aside."""


def retry_quarantined(request: BackfillRequest, limit: int = 10_000) -> Retried:
    """Run the backfill on each row that is set aside, one transaction per row.

    Raises:
        LockBudgetSpent, DatabaseFailed, Stopped: as for a run; the rows tried before are done.
    """
    with translated(f"Retrying the quarantine of {request.name}"), open_session(request.connect) as connection:
        rows = store.of_backfill(connection, request.migration, request.name, limit)
        parts: dict[str | None, Part] = {}
        records = KeyRecords.of(connection, request.migration, request.name)
        result = Retried(request.name)
        for row in rows:
            request.clock.check_stop(f"retrying the quarantine of {request.name}")
            begun = records.of_part(row.part)
            if is_gone(connection, row.part, begun):
                store.take_out(connection, request.migration, request.name, row)
                result = replace(result, gone=result.gone + 1)
                continue
            if row.part not in parts:
                parts[row.part] = read_part(connection, request, row.part, begun=begun)
                parts[row.part].refuse_rewritten(connection, row.key, begun)
            result = _retried(connection, request, parts[row.part], row, result)
    return result


def _retried(
    connection: Connection, request: BackfillRequest, part: Part, row: QuarantinedRow, so_far: Retried
) -> Retried:
    walk = Walk(request, connection, part.job, None, Place(), Sizing.start(request.target_seconds, 1))
    try:
        changed, _ = walk.work(lambda: _fill(connection, request, part, row))
    except DatabaseError as exc:
        if not is_row_fault(exc):
            raise
        again = replace(row, sqlstate=exc.sqlstate or "", error=error_text(exc))
        store.put(connection, request.migration, request.name, again)
        return replace(so_far, refused=so_far.refused + 1)
    return replace(so_far, filled=so_far.filled + 1) if changed else replace(so_far, gone=so_far.gone + 1)


def _fill(connection: Connection, request: BackfillRequest, part: Part, row: QuarantinedRow) -> int:
    with connection.transaction():
        begin(connection, part.job)
        changed = fill_key(connection, part, row.key)
        store.take_out(connection, request.migration, request.name, row)
    return changed


def fill_key(connection: Connection, part: Part, key: Key) -> int:
    """Run the backfill on the row of this key, inside a transaction; return 0 when it is gone or needs nothing."""
    keys = key_as_range(connection, part.keyset, key)
    return 0 if keys is None else part.source.change(connection, part.job, Piece(keys, Place(key)))


def error_text(exc: DatabaseError) -> str:
    """Return the server's message in one line, cut where it holds a value of a megabyte."""
    first = (str(exc).strip().splitlines() or [type(exc).__name__])[0]
    text = exc.diag.message_primary or first
    return text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]} ..."
