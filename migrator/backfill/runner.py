"""Runs one backfill to its end: batch after batch, held back by throttles, safe to kill anywhere.

The checkpoint is committed with its batch, so each batch is done exactly once; what this process remembers is a copy
of the row in `migrator.backfill`. After a lost connection that row is read back: it tells whether the last batch was
committed. Called by the phase engine and by `migrator backfill run`.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from migrator.backfill.batch import Batch, analyze, job_for, run_batch
from migrator.backfill.keyset import last_key, read_keyset, rows_estimate
from migrator.backfill.retries import MOST_LOSSES, open_again, open_session, persistently
from migrator.backfill.sizing import Sizing
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.throttles.throttle import Throttle
from migrator.backfill.throttling import SignalSession, ThrottleContext, Throttling, build_throttles
from migrator.backfill.walk import Walk
from migrator.clock import Clock
from migrator.config import BackfillSettings
from migrator.errors import ChecksumChanged
from migrator.events import EventKind, Events
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import describe, is_connection_loss, translated
from migrator.state import backfills
from migrator.state.backfills import BackfillRecord

_DEFAULTS = BackfillSettings()
_RECONNECT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """How a run ended: always with every key passed; anything else is an exception."""

    name: str
    rows: int
    """Rows changed by this run; `rows_done` has those of earlier runs as well."""
    rows_done: int
    batches: int
    seconds: float
    paused_seconds: float


class BackfillRunner:
    """One backfill of one migration; `connect` opens a session to the primary.

    The runner opens two: one for batches, and one through which throttles look.
    """

    def __init__(
        self,
        *,
        connect: Callable[[], Connection],
        migration: str,
        spec: BackfillSpec,
        clock: Clock,
        events: Events,
        settings: BackfillSettings = _DEFAULTS,
        throttles: Sequence[Throttle] | None = None,
        replicas: frozenset[str] = frozenset(),
        reconnect_seconds: float = _RECONNECT_SECONDS,
    ) -> None:
        self._connect = connect
        self._migration = migration
        self._spec = spec
        self._clock = clock
        self._events = events
        self._pace = spec.pace(settings)
        self._throttles = throttles
        """None: all that there are files for."""
        self._replicas = replicas
        self._reconnect_seconds = reconnect_seconds

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
        with ExitStack() as stack:
            with translated(f"Opening backfill {self._spec.name}"):
                connection = open_session(self._connect)
                stack.callback(connection.close)
                record = self._recorded(connection)
                if record.is_done:
                    return BackfillResult(self._spec.name, 0, record.rows_done, 0, 0.0, 0.0)
                walk = stack.enter_context(self._begin(connection, record))
            signals = SignalSession(self._connect)
            stack.callback(signals.close)
            return self._run(walk, self._throttling(walk, signals))

    def _begin(self, connection: Connection, record: BackfillRecord) -> Walk:
        spec, target = self._spec, self._pace.target_batch.total_seconds()
        keyset = read_keyset(connection, spec.table_name)
        if record.state == "pending":
            end, estimate = last_key(connection, keyset), rows_estimate(connection, keyset)
            backfills.begin(connection, self._migration, spec.name, end, estimate)
            record = backfills.read(connection, self._migration, spec.name)
        job = job_for(connection, self._migration, spec, keyset, target)
        return Walk(connection, record, job, Sizing.start(target, record.batch_size or self._pace.batch_size))

    def _recorded(self, connection: Connection) -> BackfillRecord:
        spec = self._spec
        text = spec.model_dump(mode="json", exclude_none=True)
        backfills.register(connection, self._migration, spec.name, text, spec.checksum)
        record = backfills.read(connection, self._migration, spec.name)
        if record.spec_sha256 != spec.checksum:
            raise ChecksumChanged(
                f"Backfill {spec.name} was changed after it began: its table, set or where is another one.",
                "Put the manifest back, or abort the migration and begin again with the new one.",
            )
        return record

    def _throttling(self, walk: Walk, signals: SignalSession) -> Throttling:
        context = ThrottleContext(
            self._migration, self._spec.name, self._pace, signals, self._clock, self._events, self._replicas
        )
        return Throttling(
            build_throttles(context) if self._throttles is None else self._throttles,
            context,
            note=lambda reason: backfills.beat(walk.connection, self._migration, self._spec.name, reason),
        )

    def _run(self, walk: Walk, throttling: Throttling) -> BackfillResult:
        started, before = self._clock.monotonic(), walk.record.rows_done
        self._tell(EventKind.BACKFILL_STARTED, table=self._spec.table, **walk.progress())
        while not walk.is_at_end:
            self._clock.check_stop(f"backfill {self._spec.name}, between batches")
            self._step(walk, throttling)
        self._finish(walk)
        rows, seconds = walk.record.rows_done - before, self._clock.monotonic() - started
        self._tell(EventKind.BACKFILL_FINISHED, rows=rows, seconds=seconds)
        return BackfillResult(self._spec.name, rows, walk.record.rows_done, walk.batches, seconds, walk.paused_seconds)

    def _step(self, walk: Walk, throttling: Throttling) -> None:
        """Wait for throttles, then run one batch; on a lost connection ask the row what happened and go on."""
        try:
            walk.paused_seconds += throttling.hold()
            self._batch(walk)
        except DatabaseError as exc:
            doing = f"Backfill {self._spec.name} of {self._spec.table} ({walk.position})"
            walk.losses += 1
            if not is_connection_loss(exc) or walk.losses > MOST_LOSSES:
                raise describe(exc, doing) from exc
            self._tell_retry(walk, walk.losses, exc)
            self._reconnect(walk, doing)

    def _reconnect(self, walk: Walk, doing: str) -> None:
        walk.connection.close()
        walk.connection = open_again(self._connect, self._clock, self._reconnect_seconds)
        with translated(doing):
            walk.record = backfills.read_settled(walk.connection, self._migration, self._spec.name)

    def _batch(self, walk: Walk) -> None:
        def attempt() -> tuple[Batch, float]:
            started = self._clock.monotonic()
            batch = run_batch(walk.connection, walk.job, walk.record, walk.sizing.size)
            return batch, self._clock.monotonic() - started

        def shrink(attempt_number: int, error: DatabaseError) -> None:
            walk.sizing = walk.sizing.after_timeout()
            self._tell_retry(walk, attempt_number, error)

        batch, seconds = persistently(attempt, walk.job, self._clock, on_retry=shrink)
        walk.took(batch, seconds)
        self._tell(EventKind.BACKFILL_BATCH, rows=batch.rows, seconds=seconds, **walk.progress())

    def _finish(self, walk: Walk) -> None:
        """ANALYZE belongs to the backfill: new values without statistics give the application bad plans."""
        with translated(f"Finishing backfill {self._spec.name}"):
            persistently(
                lambda: analyze(walk.connection, walk.job),
                walk.job,
                self._clock,
                on_retry=lambda attempt, error: self._tell_retry(walk, attempt, error),
            )
            backfills.finish(walk.connection, self._migration, self._spec.name)

    def _tell_retry(self, walk: Walk, attempt: int, error: DatabaseError) -> None:
        state = error.sqlstate or "08006"
        self._tell(EventKind.BACKFILL_RETRY, sqlstate=state, attempt=attempt, batch_size=walk.sizing.size)

    def _tell(self, kind: EventKind, **data: object) -> None:
        self._events.emit(kind, self._migration, name=self._spec.name, **data)
