"""One worker: leases a range, works it to its end, leases the next one, until nothing is left of the backfill.

It has sessions of its own and shares nothing with other workers but the database and, inside one process, the score.
A range that it loses to another worker is in good hands; it looks for the next one.
"""

from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from migrator.backfill.batch import Batch, analyze, begin
from migrator.backfill.leases import Keeper, RangeLedger, lease_owner
from migrator.backfill.parts import Part, is_gone, part_keyset, part_names, read_part
from migrator.backfill.quarantine import Hunt
from migrator.backfill.range_work import RangeWork, work_range
from migrator.backfill.request import BackfillRequest
from migrator.backfill.retries import open_and, open_session
from migrator.backfill.score import Score
from migrator.backfill.sizing import Sizing
from migrator.backfill.splitting import split_largest
from migrator.backfill.table_keys import KeyRecords
from migrator.backfill.throttling import Throttling
from migrator.backfill.told import Told
from migrator.backfill.walk import Walk
from migrator.errors import DatabaseFailed, LeaseLost, MigratorError
from migrator.events import EventKind
from migrator.pg.driver import Connection, DatabaseError, errors
from migrator.pg.failures import translated
from migrator.pg.reopened import ReopenedSession
from migrator.state import backfills, ranges
from migrator.state.backfills import Standing
from migrator.state.places import Place
from migrator.state.ranges import OpenRange

T = TypeVar("T")

_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.1, 2.0
_ANALYZE_SECONDS = 3600.0
"""It samples, so it takes seconds; the limit is there because everything has one."""
_ANALYZE_LOCK_SECONDS = 10.0
"""Nobody who reads or writes waits behind ANALYZE, so it may wait itself; an autovacuum that is in its way gives up
after `deadlock_timeout`."""


@dataclass(frozen=True, slots=True)
class Crew:
    """What the workers of one process share."""

    request: BackfillRequest
    keeper: Keeper
    score: Score
    count: int
    """How many they are."""

    @property
    def lease_seconds(self) -> float:
        """How long a worker may not be heard of."""
        return self.request.pace.lease.total_seconds()


class Worker:
    """Runs in a thread of its own, or in the caller's when it is the only one."""

    def __init__(self, crew: Crew, number: int) -> None:
        self._crew = crew
        self._request = crew.request
        self._owner = lease_owner(number)
        self._parts: dict[str | None, Part] = {}
        self._begun = KeyRecords({})
        """By which key each part was walked when the backfill began."""
        self._reader = ReopenedSession(lambda: open_session(crew.request.connect))
        """For a source that reads rows before it writes them."""
        self._told = Told(Place(), 0)
        self._takes = 0
        """How often the database had been asked for the score when the batch under way began."""

    def run(self) -> None:
        """Work until every range is done, by whomever, and the backfill is recorded as finished.

        Raises:
            LockBudgetSpent, DatabaseFailed, Stopped, Refused: as `work_range`; the lease is given back.
        """
        request = self._request
        with ExitStack() as stack:
            stack.callback(self._reader.close)
            with translated(f"Opening backfill {request.name}"):
                opened = open_and(self._walk, request.connect, request.clock, request.reconnect_seconds)
                walk = stack.enter_context(opened)
            throttling = request.throttling(
                stack, lambda reason: backfills.beat(walk.connection, request.migration, request.name, reason)
            )
            self._run(walk, throttling)
            self._crew.score.left(walk.batches, walk.paused_seconds)

    def _walk(self, connection: Connection) -> Walk:
        self._begun = KeyRecords.of(connection, self._request.migration, self._request.name)
        part = self._part(connection, part_names(connection, self._request.spec)[0])
        sizing = Sizing.start(self._request.target_seconds, self._crew.score.batch_size)
        return Walk(self._request, connection, part.job, None, Place(), sizing, part.striping)

    def _part(self, connection: Connection, name: str | None) -> Part:
        if name not in self._parts:
            part = read_part(connection, self._request, name, self._reader, self._begun.of_part(name))
            self._parts[name] = replace(part, striping=part.striping.beside(self._crew.count - 1))
        return self._parts[name]

    def _forget_changed(self, connection: Connection, name: str | None) -> None:
        """Let a part be read again whose key is not what it was, or has a wider type."""
        known = self._parts.get(name)
        if known is not None and not known.keyset.rows_per_page:
            begun = self._begun.of_part(name)
            if part_keyset(connection, self._request.spec, name, begun) != known.keyset:
                del self._parts[name]

    def _run(self, walk: Walk, throttling: Throttling) -> None:
        pause = _POLL_SECONDS
        while True:
            self._request.clock.check_stop(f"backfill {self._request.name}, between ranges")
            leased, is_over = self._asked(walk)
            if leased is not None:
                self._take_up(walk, throttling, leased)
                pause = _POLL_SECONDS
            elif is_over:
                return
            elif not self._split(walk):
                self._request.clock.wait(pause, "all ranges are in the hands of other workers")
                pause = min(2 * pause, _LONGEST_POLL_SECONDS)

    def _asked(self, walk: Walk) -> tuple[OpenRange | None, bool]:
        """Return a range to work on, or whether nothing is left to do."""
        request = self._request
        try:
            found = ranges.claim(
                walk.connection, request.migration, request.name, self._owner, self._crew.lease_seconds
            )
            if found is not None:
                return found, False
            totals = ranges.totals(walk.connection, request.migration, request.name)
            if totals is None:
                raise _vanished(request.name)
            self._crew.score.take(totals.rows_done, totals.keys_done)
            is_over = totals.state != "running" or (totals.ranges_open == 0 and self._end(walk))
        except DatabaseError as exc:
            walk.survive(exc)
            return None, False
        return None, is_over

    def _take_up(self, walk: Walk, throttling: Throttling, leased: OpenRange) -> None:
        """Work on the range; one whose table cannot be looked at because the session is gone is soon free again."""
        try:
            begun = self._begun.of_part(leased.part)
            if is_gone(walk.connection, leased.part, begun):
                ranges.give_up(walk.connection, leased.id, leased.fence)
                self._request.tell(EventKind.BACKFILL_PART_GONE, part=leased.part)
                return
            self._forget_changed(walk.connection, leased.part)
            part = self._part(walk.connection, leased.part)
            part.refuse_rewritten(walk.connection, leased.hi, begun)
        except DatabaseError as exc:
            walk.survive(exc)
        except MigratorError:
            self._give_back(walk, leased)
            raise
        else:
            self._work(walk, throttling, leased, part)

    @staticmethod
    def _give_back(walk: Walk, leased: OpenRange) -> None:
        """Let anybody have the range at once; where the server cannot be asked, the lease expires."""
        with suppress(DatabaseError):
            ranges.release(walk.connection, leased.id, leased.fence)

    def _work(self, walk: Walk, throttling: Throttling, leased: OpenRange, part: Part) -> None:
        request, crew = self._request, self._crew
        if walk.job is not part.job:
            walk.job, walk.striping, walk.density = part.job, part.striping, None
        walk.end = leased.hi
        walk.go_on_from(leased.place)
        ledger = RangeLedger(request.migration, request.name, leased.id, leased.fence, crew.lease_seconds)
        hunt = Hunt(walk, ledger, leased.part, lambda: throttling.pace.now.quarantine_limit)

        def done(batch: Batch, seconds: float) -> None:
            hunt.passed()
            self._done(walk, batch, seconds)

        work = RangeWork(
            ledger,
            throttling,
            part.source.change,
            done,
            self._settled,
            hunt.refused,
        )
        crew.keeper.keep(leased)
        self._told = Told(leased.place, leased.rows_done)
        self._takes = crew.score.takes
        try:
            work_range(walk, work)
        except LeaseLost as exc:
            request.tell(EventKind.BACKFILL_LEASE_LOST, range=leased.id, reason=exc.situation)
        except MigratorError as exc:
            self._give_back(walk, leased)
            if isinstance(exc, DatabaseFailed):  # with a key of another type nothing can be compared
                with suppress(DatabaseError):
                    self._refuse_another_key(walk.connection, leased.part)
            raise
        finally:
            crew.keeper.drop(leased)

    def _refuse_another_key(self, connection: Connection, name: str | None) -> None:
        begun = self._begun.of_part(name)
        if begun is not None and self._request.spec.by == "key":
            begun.refuse_another(part_keyset(connection, self._request.spec, name, begun))

    def _settled(self, standing: Standing) -> None:
        rows, batches = self._told.corrected(standing)
        if rows or batches:
            self._request.tell(EventKind.BACKFILL_SETTLED, rows=rows, batches=batches)
        self._crew.score.begin_again(standing.rows_done, standing.keys_done)
        self._takes = self._crew.score.takes

    def _done(self, walk: Walk, batch: Batch, seconds: float) -> None:
        score = self._crew.score
        score.add(batch.rows, batch.keys_passed, self._takes)
        self._takes = score.takes
        self._told.add(walk.place, batch.rows)
        checkpoint = None if walk.checkpoint is None else list(walk.checkpoint)
        self._request.tell(
            EventKind.BACKFILL_BATCH,
            rows=batch.rows,
            seconds=seconds,
            batch_size=walk.sizing.size,
            checkpoint=checkpoint,
            **score.progress(),
        )

    def _split(self, walk: Walk) -> bool:
        """Make two ranges of the largest one; a table too busy to be cut now is looked at again."""
        request = self._request
        try:
            return split_largest(
                walk.connection,
                request.migration,
                request.name,
                lambda part: self._part(walk.connection, part).keyset,
                walk.sizing.size,
            )
        except (errors.LockNotAvailable, errors.QueryCanceled):
            return False
        except DatabaseError as exc:
            walk.survive(exc)
            return False

    def _end(self, walk: Walk) -> bool:
        """Gather statistics and record the end, unless another worker does; return whether it was recorded.

        ANALYZE belongs to the backfill: new values without statistics give the application bad plans.
        """
        request, connection = self._request, walk.connection
        job = replace(walk.job, statement_timeout_seconds=_ANALYZE_SECONDS, lock_timeout_seconds=_ANALYZE_LOCK_SECONDS)

        def attempt() -> bool:
            with connection.transaction():
                begin(connection, job)
                if not ranges.try_end(connection, request.migration, request.name):
                    return False
                analyze(connection, job)
                ranges.finish(connection, request.migration, request.name)
            return True

        return walk.work(attempt)[0]


def _vanished(name: str) -> LeaseLost:
    return LeaseLost(f"The record of backfill {name} vanished.", "Check who deletes rows of schema migrator.")
