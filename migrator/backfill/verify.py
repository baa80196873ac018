"""Proof after the backfill: how many rows still need it, and how many differ from what they should be.

Reads the table in key ranges, at the same pace and behind the same throttles as the backfill, in read-only
transactions, on the primary or on a replica that has replayed everything up to the beginning. Rows beyond the last key
at the beginning are the sync trigger's and are not waited for. Repair runs on the primary, range by range.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from migrator.backfill.batch import begin, begin_reading
from migrator.backfill.comparison import Comparison
from migrator.backfill.keyset import Key, KeyRange, key_as_range, last_key, next_range
from migrator.backfill.parts import Part, part_names, read_part
from migrator.backfill.pieces import Piece
from migrator.backfill.quarantine import error_text, is_row_fault
from migrator.backfill.reader import Reader, open_reader
from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import open_session
from migrator.backfill.runner import recorded
from migrator.backfill.sizing import Sizing
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.throttling import Throttling
from migrator.backfill.walk import Walk
from migrator.errors import InputError, NotYet
from migrator.events import EventKind
from migrator.pg.driver import Connection, DatabaseError, errors
from migrator.pg.failures import translated
from migrator.state import backfills, quarantine
from migrator.state.backfills import BackfillRecord
from migrator.state.places import Place

_MOST_KEYS = 100
"""Keys of wrong rows that are reported; there may be more."""
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class How:
    """Where and how thoroughly to look."""

    replica: Callable[[], Connection] | None = None
    """Opens a session to the replica that is read; None: the primary is."""
    sample: float = _WHOLE
    """Percent of the batches, evenly spread over the table; less than 100 proves nothing and opens no gate."""
    is_repair: bool = False
    """Whether rows that are left or differ are put right."""


_THOROUGH = How()


@dataclass(frozen=True, slots=True)
class Verification:
    """What was counted: `remaining` rows match `where`, `different` ones do not hold what `set` says."""

    name: str
    rows: int = 0
    remaining: int = 0
    different: int = 0
    quarantined: int = 0
    """Rows that the server refused."""
    repaired: int = 0
    """Rows that were left or differed and were put right; they are not counted as such any more."""
    sample: float = _WHOLE
    keys: tuple[Key, ...] = ()
    """The first keys of rows that are left or differ, or were repaired."""
    parts: tuple[str, ...] = ()
    """The partitions in which rows are left or differ."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left and nothing differs."""
        return self.remaining == 0 and self.different == 0 and self.quarantined == 0

    def plus(self, found: "Verification") -> "Verification":
        """Return the sum with another piece of the table."""
        return replace(
            self,
            rows=self.rows + found.rows,
            remaining=self.remaining + found.remaining,
            different=self.different + found.different,
            repaired=self.repaired + found.repaired,
            keys=(self.keys + found.keys)[:_MOST_KEYS],
        )


def verify(request: BackfillRequest, how: How = _THOROUGH) -> Verification:
    """Count the table and store the result beside the backfill; it is `verified` only when all is right everywhere.

    Raises:
        NotYet: the backfill has not ended, or the replica is far behind.
        InputError: the table or a column does not exist; what is to be a replica is none.
        DatabaseFailed, LockBudgetSpent, Stopped: as for a run; nothing is stored.
    """
    with ExitStack() as stack:
        with translated(f"Opening backfill {request.name}"):
            with open_session(request.connect) as connection:
                _refuse_unfinished(recorded(connection, request))
            reader = stack.enter_context(open_reader(request, how.replica))
        throttling = request.throttling(stack, reader.note)
        total = Verification(request.name, sample=how.sample)
        for name in part_names(reader.connection, request.spec):
            found = _Proof(reader, throttling, how, read_part(reader.connection, request, name)).run(total)
            is_wrong = (found.remaining, found.different) != (total.remaining, total.different)
            total = replace(found, parts=(*found.parts, name)) if name and is_wrong else found
        return _recorded(reader, total)


def _refuse_unfinished(record: BackfillRecord) -> None:
    if not record.is_done:
        raise NotYet(
            f"Backfill {record.name} is {record.state}; only a finished one can be verified.",
            f"Run `migrator backfill run {record.migration}` first.",
        )


class _Proof:
    """One part of the table, from its first key to the last one that it has now."""

    def __init__(self, reader: Reader, throttling: Throttling, how: How, part: Part) -> None:
        request = reader.request
        self._reader = reader
        self._throttling = throttling
        self._how = how
        self._comparison = Comparison.read(reader.connection, part, part.job.spec)
        end = last_key(reader.connection, part.keyset)
        sizing = Sizing.start(request.target_seconds, request.pace.batch_size)
        self._walk = Walk(reader.reading, reader.connection, part.job, end, Place(), sizing)
        self._credit = _WHOLE
        self._usual: Sizing | None = None
        """The batch size's controller from before a row was met whose values cannot be computed."""

    def run(self, total: Verification) -> Verification:
        """Return the total with this part."""
        walk = self._walk
        while not walk.is_at_end:
            walk.request.clock.check_stop(f"verifying backfill {walk.request.name}")
            total = self._step(total)
        return total

    def _step(self, total: Verification) -> Verification:
        walk = self._walk
        self._credit += self._how.sample
        is_read = self._credit >= _WHOLE
        try:
            walk.paused_seconds += self._throttling.hold()
            (keys, found), seconds = walk.work(lambda: self._piece(is_read=is_read))
            if self._how.is_repair and not found.is_clean:
                found = self._repaired(keys, found)
        except errors.ReadOnlySqlTransaction as exc:
            raise _writes(walk.request, exc) from exc
        except DatabaseError as exc:
            self._credit -= self._how.sample
            if is_row_fault(exc) and not walk.job.keyset.rows_per_page:
                return self._narrowed(total)
            walk.survive(exc)
            self._reader.connection = walk.connection
            return total
        self._credit -= _WHOLE if is_read else 0
        if is_read:
            walk.passed(Place(keys.upto), found.rows, found.rows, seconds)
        else:
            walk.place = Place(keys.upto)
        return total.plus(found)

    def _narrowed(self, total: Verification) -> Verification:
        """Go on with half of the rows; the one whose `set` or `where` the server cannot compute differs, for sure."""
        walk = self._walk
        self._usual = self._usual or walk.sizing
        if walk.sizing.size > 1:
            walk.sizing = replace(self._usual, size=walk.sizing.size // 2)
            return total
        with walk.connection.transaction():
            begin_reading(walk.connection, walk.job)
            keys = next_range(walk.connection, walk.job.keyset, walk.checkpoint, walk.end or (), 1)
        walk.place, walk.sizing, self._usual = Place(keys.upto), self._usual, None
        return total.plus(Verification(walk.request.name, rows=1, different=1, keys=(keys.upto,)))

    def _piece(self, *, is_read: bool) -> tuple[KeyRange, Verification]:
        walk, end = self._walk, self._walk.end or ()
        with walk.connection.transaction():
            begin_reading(walk.connection, walk.job)
            keys = next_range(walk.connection, walk.job.keyset, walk.checkpoint, end, walk.sizing.size)
            found = self._counted(walk.connection, keys) if is_read else Verification(walk.request.name)
        return keys, found

    def _counted(self, connection: Connection, keys: KeyRange) -> Verification:
        rows, remaining, different = self._comparison.count(connection, keys)
        named = self._comparison.wrong_keys(connection, keys, _MOST_KEYS) if remaining or different else ()
        return Verification(self._walk.request.name, rows, remaining, different, keys=named)

    def _repaired(self, keys: KeyRange, found: Verification) -> Verification:
        """Put the rows of the range right on the primary, one by one if the server refuses some, and count again."""
        part, connection = self._comparison.part, self._reader.primary()
        try:
            repaired = self._repaired_in(connection, keys)
        except DatabaseError as exc:
            if not is_row_fault(exc):
                raise
            repaired = sum(self._repaired_row(connection, key) for key in self._wrong(connection, keys, found))
        with connection.transaction():
            begin_reading(connection, part.job)
            left = self._counted(connection, keys)
        return replace(left, repaired=repaired, keys=found.keys)

    def _repaired_in(self, connection: Connection, keys: KeyRange) -> int:
        with connection.transaction():
            begin(connection, self._comparison.part.job)
            return self._put_right(connection, keys)

    def _wrong(self, connection: Connection, keys: KeyRange, found: Verification) -> tuple[Key, ...]:
        with connection.transaction():
            begin_reading(connection, self._comparison.part.job)
            return self._comparison.wrong_keys(connection, keys, found.remaining + found.different)

    def _repaired_row(self, connection: Connection, key: Key) -> int:
        try:
            keys = key_as_range(connection, self._comparison.part.keyset, key)
            return 0 if keys is None else self._repaired_in(connection, keys)
        except DatabaseError as exc:
            if not is_row_fault(exc):
                raise
            return 0

    def _put_right(self, connection: Connection, keys: KeyRange) -> int:
        part = self._comparison.part
        if self._comparison.spec.set:
            return sum(connection.execute(statement).rowcount for statement in self._comparison.repairs(keys))
        return part.source.change(connection, part.job, Piece(keys, Place(keys.upto)))


def _writes(request: BackfillRequest, exc: DatabaseError) -> InputError:
    """An expression that draws from a sequence or writes a log did so in the backfill, and must not again."""
    return InputError(
        f"The rows of backfill {request.name} cannot be compared: its expression changes the database itself "
        f"({error_text(exc)}), and verification only reads.",
        "Every row was passed. Write compare = false beside `set`, then run the same command again.",
    )


def checked(spec: BackfillSpec) -> list[str]:
    """Return what rows are asked: whether they match `where`, whether they hold what `set` says; maybe nothing."""
    return [word for word, is_asked in (("where", spec.where), ("set", spec.compare and spec.set)) if is_asked]


def _recorded(reader: Reader, total: Verification) -> Verification:
    request = reader.request
    with translated(f"Recording the verification of {request.name}"):
        connection = reader.primary()
        total = replace(total, quarantined=quarantine.counted(connection, request.migration, request.name))
        detail: dict[str, object] = {
            "rows": total.rows,
            "sample": total.sample,
            "checked": checked(request.spec),
            "on": "primary" if reader.is_primary else "replica",
            "repaired": total.repaired,
            "quarantined": total.quarantined,
            "keys": [list(key) for key in total.keys],
        }
        counts = (total.remaining, total.different)
        is_proof = total.is_clean and total.sample >= _WHOLE
        if is_proof or not total.is_clean:
            backfills.record_verification(
                connection, request.migration, request.name, *counts, is_clean=is_proof, detail=detail
            )
        else:
            backfills.record_sample(connection, request.migration, request.name, detail)
    request.tell(EventKind.BACKFILL_VERIFIED, rows=total.rows, remaining=total.remaining, different=total.different)
    return total
