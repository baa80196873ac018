"""What happens while a migration runs, told once, heard by many: the terminal, the log, the metrics.

The engine and the backfill runner emit; `migrator.metrics`, the progress display and tests listen. An event is a
report and never a decision: what must survive a crash is in `migrator.state`, not here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class EventKind(Enum):
    """Every kind of event, with the fields that it carries."""

    PHASE_STARTED = "phase.started"  # phase
    PHASE_FINISHED = "phase.finished"  # phase, seconds
    STATE_CHANGED = "state.changed"  # source, target
    STEP_INTENT = "step.intent"  # phase, number, name, lock_class: recorded, not yet run
    STEP_EXECUTED = "step.executed"  # phase, number, name: run, outcome not yet recorded (not for transactional)
    STEP_DONE = "step.done"  # phase, number, name, seconds
    STEP_SKIPPED = "step.skipped"  # phase, number, name, reason: the probe found it done
    STEP_FAILED = "step.failed"  # phase, number, name, error
    STEP_INTERRUPTED = "step.interrupted"  # phase, number, name, reason: stopped on request; `resume` goes on
    LOCK_PREFLIGHT = "lock.preflight"  # reason, obstacles: list of {kind, pid, application, age_seconds, query, table}
    LOCK_WAITING = "lock.waiting"  # tables, attempt, lock_timeout_seconds
    LOCK_BLOCKED = "lock.blocked"  # blockers: list of {pid, application, age_seconds, query, state}
    BLOCKER_CANCELLED = "blocker.cancelled"  # pid, application, role, reason
    LOCK_RETRY = "lock.retry"  # attempt, pause_seconds, sqlstate
    LOCK_ACQUIRED = "lock.acquired"  # wait_seconds, attempts
    WEAK_PROGRESS = "weak.progress"  # seconds, activity (of the index build), done, total (blocks)
    BACKFILL_STARTED = "backfill.started"  # name, table, rows_estimate, checkpoint, workers
    BACKFILL_BATCH = "backfill.batch"  # name, rows, seconds, rows_done, rows_estimate, batch_size, checkpoint
    BACKFILL_PAUSED = "backfill.paused"  # name, throttle, reason, seconds, counted: {throttle: seconds not yet told}
    BACKFILL_RESUMED = "backfill.resumed"  # name, throttle, seconds, counted
    BACKFILL_MEASURED = "backfill.measured"  # name, throttle, figure, value
    BACKFILL_RETRY = "backfill.retry"  # name, sqlstate, attempt, batch_size
    BACKFILL_SETTLED = "backfill.settled"  # name, rows, batches: what the server kept besides, or less than, was told
    BACKFILL_LEASE_LOST = "backfill.lease_lost"  # name, range, reason: another worker went on with it
    BACKFILL_QUARANTINED = "backfill.quarantined"  # name, key, sqlstate, error
    BACKFILL_PART_GONE = "backfill.part_gone"  # name, part: it was dropped or renamed since the start
    BACKFILL_FINISHED = "backfill.finished"  # name, rows, seconds
    BACKFILL_VERIFIED = "backfill.verified"  # name, rows, remaining, different
    REPLICA_LAG = "replica.lag"  # replica, seconds
    PLANS_STALE = "plans.stale"  # phase, queries: their prepared statements fail once the phase has run
    GATE_EVALUATED = "gate.evaluated"  # gate, status, reason


@dataclass(frozen=True, slots=True)
class Event:
    """One report: its kind, the migration it belongs to and its fields (JSON values)."""

    kind: EventKind
    migration: str
    data: Mapping[str, object] = field(default_factory=dict[str, object])


Listener = Callable[[Event], None]


class Events:
    """Hands each event to every listener, in the order in which they were added, on the emitting thread."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = list(listeners)

    def add(self, listener: Listener) -> None:
        """Add a listener; an exception that it raises stops the run, so listeners catch their own I/O errors."""
        self._listeners.append(listener)

    def emit(self, kind: EventKind, migration: str, **data: object) -> None:
        """Tell all listeners."""
        event = Event(kind, migration, data)
        for listener in self._listeners:
            listener(event)
