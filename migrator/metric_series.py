"""Every Prometheus series that `migrator.metrics` keeps, as it is documented: name, type, labels, help."""

from typing import NamedTuple


class Series(NamedTuple):
    """A metric as it is documented; `name` is how it appears in the output, but for a histogram's suffixes."""

    name: str
    type: str
    labels: tuple[str, ...]
    help: str


_M = ("migration",)
_MB = ("migration", "backfill")
SERIES = (
    Series("gate_open", "gauge", ("migration", "gate"), "1 while the gate is open, 0 while it is closed or unknown."),
    Series("gate_unknown", "gauge", ("migration", "gate"), "1 while the gate's evidence cannot be read."),
    Series(
        "gate_last_eval_timestamp_seconds", "gauge", ("migration", "gate"), "When the gate was last asked, Unix time."
    ),
    Series("migration_state", "gauge", ("migration", "state"), "1 for the state that the migration is in."),
    Series(
        "phase_state",
        "gauge",
        ("migration", "phase", "state"),
        "1 for what the phase is: running, finished, failed, interrupted.",
    ),
    Series("phase_seconds", "gauge", ("migration", "phase"), "How long the phase took in this run."),
    Series("last_success_timestamp_seconds", "gauge", ("migration", "phase"), "When the phase finished, Unix time."),
    Series(
        "steps_total",
        "counter",
        ("migration", "phase", "outcome"),
        "Steps by outcome: done, skipped, failed, interrupted.",
    ),
    Series("lock_wait_seconds", "histogram", _M, "Wait for a step's table locks, all attempts together."),
    Series("lock_retries_total", "counter", ("migration", "sqlstate"), "Attempts that ended without the lock."),
    Series("lock_wait_blockers", "gauge", ("application",), "Sessions that block our step right now, by application."),
    Series("blockers_cancelled_total", "counter", ("application",), "Sessions that on_blocked = cancel has ended."),
    Series("backfill_rows_done", "gauge", _MB, "Rows that the backfill has passed."),
    Series("backfill_rows_estimate", "gauge", _MB, "Rows that it will pass, as estimated."),
    Series("backfill_batches_total", "counter", _MB, "Batches committed in this run."),
    Series("backfill_batch_seconds", "histogram", _MB, "Time of one batch, with its commit."),
    Series("backfill_batch_rows", "gauge", _MB, "The batch size that the backfill has adapted to."),
    Series("backfill_throttled", "gauge", (*_MB, "reason"), "1 while this throttle makes the backfill wait."),
    Series("backfill_throttle_seconds_total", "counter", (*_MB, "reason"), "Time spent waiting for this throttle."),
    Series("backfill_table_growth_ratio", "gauge", _MB, "Size of the table as a multiple of that at the start."),
    Series("backfill_changed_rows_total", "counter", _MB, "Rows changed in this run; their rate is the speed."),
    Series("backfill_retries_total", "counter", (*_MB, "sqlstate"), "Batches that were tried again."),
    Series("backfill_remaining_rows", "gauge", _MB, "Rows left, as counted by the verification."),
    Series("backfill_different_rows", "gauge", _MB, "Rows that differ, as counted by the verification."),
    Series("replica_lag_seconds", "gauge", ("replica",), "Replay lag as last read; NaN when it could not be read."),
)
