"""Events to Prometheus series: served while a run lasts, or written to a file for the node exporter.

Imported only by a command with `--metrics-port` or `--metrics-textfile`, because prometheus-client is slow to load.
Labels hold names that a person chose (migration, backfill, phase, gate, replica) or words from our own code
(throttle, state, SQLSTATE), never free text; names of blocking applications are the exception and are bounded.
"""

import math
from collections import Counter as Counted
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server, write_to_textfile

from migrator.clock import Clock, SystemClock
from migrator.errors import ConfigError
from migrator.events import Event, EventKind
from migrator.metric_series import SERIES, Series

_PREFIX = "migrator_"
_MOST_APPLICATIONS = 20
"""Blocking applications told by name; the others are counted together as `other`."""
_BATCH_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 15, 60)
_WAIT_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 900)
_PHASE_STATES = ("running", "finished", "failed", "interrupted")


_BUCKETS = {"lock_wait_seconds": _WAIT_BUCKETS, "backfill_batch_seconds": _BATCH_BUCKETS}


def describe() -> list[Series]:
    """Return every metric with its full name, type, labels and help, for the documentation."""
    return [series._replace(name=_PREFIX + series.name) for series in SERIES]


class Metrics:
    """A listener for `Events` that keeps the series of one run in a registry of its own."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.registry = CollectorRegistry()
        self._clock: Clock = clock or SystemClock()
        self._gauges = {s.name: Gauge(*_definition(s), registry=self.registry) for s in _of_type("gauge")}
        self._counters = {s.name: Counter(*_definition(s), registry=self.registry) for s in _of_type("counter")}
        self._histograms = {
            s.name: Histogram(*_definition(s), buckets=_BUCKETS[s.name], registry=self.registry)
            for s in _of_type("histogram")
        }
        self._throttled: set[tuple[str, str, str]] = set()
        self._applications: set[str] = set()
        self._listens_to = self._handlers()

    def _handlers(self) -> Mapping[EventKind, Callable[[Event], None]]:
        return {
            EventKind.GATE_EVALUATED: self._gate_evaluated,
            EventKind.STATE_CHANGED: self._state_changed,
            EventKind.PHASE_STARTED: self._phase_started,
            EventKind.PHASE_FINISHED: self._phase_finished,
            EventKind.STEP_DONE: self._step_ended,
            EventKind.STEP_SKIPPED: self._step_ended,
            EventKind.STEP_FAILED: self._step_ended,
            EventKind.STEP_INTERRUPTED: self._step_ended,
            EventKind.LOCK_BLOCKED: self._lock_blocked,
            EventKind.BLOCKER_CANCELLED: self._blocker_cancelled,
            EventKind.LOCK_RETRY: self._lock_retry,
            EventKind.LOCK_ACQUIRED: self._lock_acquired,
            EventKind.BACKFILL_STARTED: self._backfill_started,
            EventKind.BACKFILL_BATCH: self._backfill_batch,
            EventKind.BACKFILL_PAUSED: self._backfill_paused,
            EventKind.BACKFILL_RESUMED: self._backfill_resumed,
            EventKind.BACKFILL_RETRY: self._backfill_retry,
            EventKind.BACKFILL_VERIFIED: self._backfill_verified,
            EventKind.BACKFILL_MEASURED: self._backfill_measured,
            EventKind.REPLICA_LAG: self._replica_lag,
        }

    def __call__(self, event: Event) -> None:
        """Change the series that the event is about; kinds that are not measured are passed over."""
        handle = self._listens_to.get(event.kind)
        if handle:
            handle(event)

    def _set(self, name: str, value: float | None, **labels: str) -> None:
        if value is not None:
            self._gauges[name].labels(**labels).set(value)

    def _count(self, name: str, **labels: str) -> None:
        self._counters[name].labels(**labels).inc()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _gate_evaluated(self, event: Event) -> None:
        labels = {"migration": event.migration, "gate": _text(event, "gate")}
        status = _text(event, "status")
        self._set("gate_open", status == "open", **labels)
        self._set("gate_unknown", status == "unknown", **labels)
        self._set("gate_last_eval_timestamp_seconds", self._now(), **labels)

    def _state_changed(self, event: Event) -> None:
        self._set("migration_state", 0, migration=event.migration, state=_text(event, "source"))
        self._set("migration_state", 1, migration=event.migration, state=_text(event, "target"))

    def _phase_is(self, event: Event, now: str) -> None:
        for state in _PHASE_STATES:
            labels = {"migration": event.migration, "phase": _text(event, "phase"), "state": state}
            self._set("phase_state", state == now, **labels)

    def _phase_started(self, event: Event) -> None:
        self._phase_is(event, "running")

    def _phase_finished(self, event: Event) -> None:
        labels = {"migration": event.migration, "phase": _text(event, "phase")}
        self._phase_is(event, "finished")
        self._set("phase_seconds", _number(event, "seconds"), **labels)
        self._set("last_success_timestamp_seconds", self._now(), **labels)

    def _step_ended(self, event: Event) -> None:
        outcome = event.kind.value.removeprefix("step.")
        self._count("steps_total", migration=event.migration, phase=_text(event, "phase"), outcome=outcome)
        if event.kind in {EventKind.STEP_FAILED, EventKind.STEP_INTERRUPTED}:
            self._phase_is(event, outcome)
            self._gauges["lock_wait_blockers"].clear()

    def _lock_blocked(self, event: Event) -> None:
        blockers = cast("Iterable[Mapping[str, object]]", event.data.get("blockers") or ())
        counted = Counted(self._application(str(blocker.get("application") or "")) for blocker in blockers)
        self._gauges["lock_wait_blockers"].clear()
        for application, number in counted.items():
            self._set("lock_wait_blockers", number, application=application)

    def _blocker_cancelled(self, event: Event) -> None:
        self._count("blockers_cancelled_total", application=self._application(_text(event, "application")))

    def _application(self, name: str) -> str:
        if len(self._applications) < _MOST_APPLICATIONS:
            self._applications.add(name)
        return name if name in self._applications else "other"

    def _lock_retry(self, event: Event) -> None:
        self._count("lock_retries_total", migration=event.migration, sqlstate=_text(event, "sqlstate"))

    def _lock_acquired(self, event: Event) -> None:
        self._gauges["lock_wait_blockers"].clear()
        waited = _number(event, "wait_seconds")
        if waited is not None:
            self._histograms["lock_wait_seconds"].labels(migration=event.migration).observe(waited)

    def _backfill_started(self, event: Event) -> None:
        self._set("backfill_rows_estimate", _number(event, "rows_estimate"), **_backfill(event))

    def _backfill_batch(self, event: Event) -> None:
        labels = _backfill(event)
        self._set("backfill_rows_done", _number(event, "rows_done"), **labels)
        self._set("backfill_rows_estimate", _number(event, "rows_estimate"), **labels)
        self._set("backfill_batch_rows", _number(event, "batch_size"), **labels)
        self._count("backfill_batches_total", **labels)
        self._counters["backfill_changed_rows_total"].labels(**labels).inc(_number(event, "rows") or 0)
        seconds = _number(event, "seconds")
        if seconds is not None:
            self._histograms["backfill_batch_seconds"].labels(**labels).observe(seconds)
        self._unthrottle(event)

    def _backfill_paused(self, event: Event) -> None:
        labels = _backfill(event)
        reason = _text(event, "throttle")
        self._count_throttled(event)
        self._throttled.add((labels["migration"], labels["backfill"], reason))
        self._set("backfill_throttled", 1, **labels, reason=reason)

    def _backfill_resumed(self, event: Event) -> None:
        self._count_throttled(event)
        self._unthrottle(event)

    def _count_throttled(self, event: Event) -> None:
        """Add what no event before has told: a wait that lasts is counted while it lasts."""
        counted = cast("Mapping[str, float]", event.data.get("counted") or {})
        for reason, seconds in counted.items():
            labels = {**_backfill(event), "reason": reason}
            self._counters["backfill_throttle_seconds_total"].labels(**labels).inc(seconds)

    def _backfill_measured(self, event: Event) -> None:
        if _text(event, "figure") == "growth":
            self._set("backfill_table_growth_ratio", _number(event, "value"), **_backfill(event))

    def _unthrottle(self, event: Event) -> None:
        """Nothing throttles a backfill that goes on, whichever throttle was named last."""
        labels = _backfill(event)
        for migration, backfill, reason in sorted(self._throttled):
            if (migration, backfill) == (labels["migration"], labels["backfill"]):
                self._set("backfill_throttled", 0, migration=migration, backfill=backfill, reason=reason)

    def _backfill_retry(self, event: Event) -> None:
        self._count("backfill_retries_total", **_backfill(event), sqlstate=_text(event, "sqlstate"))

    def _backfill_verified(self, event: Event) -> None:
        self._set("backfill_remaining_rows", _number(event, "remaining"), **_backfill(event))
        self._set("backfill_different_rows", _number(event, "different"), **_backfill(event))

    def _replica_lag(self, event: Event) -> None:
        seconds = _number(event, "seconds")
        self._set("replica_lag_seconds", math.nan if seconds is None else seconds, replica=_text(event, "replica"))


def _definition(series: Series) -> tuple[str, str, tuple[str, ...]]:
    return f"{_PREFIX}{series.name}", series.help, series.labels


def _of_type(kind: str) -> list[Series]:
    return [series for series in SERIES if series.type == kind]


def _backfill(event: Event) -> dict[str, str]:
    return {"migration": event.migration, "backfill": _text(event, "name")}


def _text(event: Event, key: str) -> str:
    value = event.data.get(key)
    return "" if value is None else str(value)


def _number(event: Event, key: str) -> float | None:
    value = event.data.get(key)
    return float(value) if isinstance(value, int | float) else None


@contextmanager
def serve(registry: CollectorRegistry, port: int, address: str = "127.0.0.1") -> Generator[int]:
    """Serve the registry over HTTP while the block runs; give the port, which the system chooses when 0 is asked for.

    Raises:
        ConfigError: the port is taken or not allowed.
    """
    try:
        server, thread = start_http_server(port, address, registry)
    except (OSError, OverflowError) as exc:
        todo = "Choose another with --metrics-port (0 for any), or an address of this machine with --metrics-address."
        raise ConfigError(f"Metrics cannot be served on {address}:{port}: {exc}.", todo) from exc
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_textfile(registry: CollectorRegistry, path: Path) -> None:
    """Write the registry to a file that is complete whenever somebody reads it.

    Raises:
        ConfigError: the file cannot be written there.
    """
    try:
        write_to_textfile(str(path), registry)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc}.", "Choose another place with --metrics-textfile.") from exc
