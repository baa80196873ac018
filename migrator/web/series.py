"""/metrics of the web server: gauges from the database as it is now, also while no command runs.

Commands measure their own run (`migrator.metrics`); here is the state between the runs, which alerts and Argo
Rollouts ask for. When the database is away only `migrator_database_up` is told: a gauge that is absent opens nothing.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from migrator.gates.gate import GateStatus
from migrator.metrics import Series
from migrator.phases.folder import PHASES
from migrator.phases.overview import Overview
from migrator.state.transitions import ENDED
from migrator.web.board import Board
from migrator.web.fresh import Aged
from migrator.web.lanes import PhaseState, phase_states, rows_passed

_MP = ("migration", "phase")
_MB = ("migration", "backfill")
_SERIES = (
    Series("migrator_database_up", "gauge", (), "1 when the state could be read, else 0 and nothing more is told."),
    Series("migrator_evaluation_age_seconds", "gauge", (), "How old the rest is: it is kept for some seconds."),
    Series("migrator_gate_open", "gauge", _MP, "1 when the phase may begin, has begun or is over, else 0."),
    Series("migrator_gate_unknown", "gauge", _MP, "1 when the evidence for the phase cannot be read."),
    Series("migrator_migration_state", "gauge", ("migration", "state"), "1 for the state that the migration is in."),
    Series("migrator_phase_state", "gauge", (*_MP, "state"), "1 for what it is: waiting, begun, failed, done."),
    Series("migrator_backfill_rows_done", "gauge", _MB, "Rows that the backfill has passed."),
    Series("migrator_backfill_rows_estimate", "gauge", _MB, "Rows that it will pass, as estimated."),
    Series("migrator_backfill_throttled", "gauge", _MB, "1 while the backfill waits or is paused."),
    Series("migrator_backfill_heartbeat_age_seconds", "gauge", _MB, "Since when its runner has given no sign of life."),
    Series("migrator_cleanup_overdue_days", "gauge", ("migration",), "Days since the contract was due; 0 before."),
    Series("migrator_override_open_commitments", "gauge", (), "Overrides whose postmortem is still owed."),
    Series("migrator_app_instances", "gauge", ("service", "version"), "Live instances of registered services."),
)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_Sample = tuple[str, tuple[str, ...], float]


def describe() -> list[Series]:
    """Return every series, for the documentation."""
    return list(_SERIES)


def exposition(aged: Aged[Board]) -> bytes:
    """Return the board as Prometheus reads it."""
    registry = CollectorRegistry()
    samples = tuple(_samples(aged))
    told = {name for name, _, _ in samples}  # a gauge without labels says 0 as soon as it is there
    gauges = {s.name: Gauge(s.name, s.help, s.labels, registry=registry) for s in _SERIES if s.name in told}
    for name, labels, value in samples:
        gauge = gauges[name].labels(*labels) if labels else gauges[name]
        gauge.set(value)
    return generate_latest(registry)


def _samples(aged: Aged[Board]) -> Iterator[_Sample]:
    board = aged.value
    yield "migrator_database_up", (), not board.problem
    if board.problem:
        return
    yield "migrator_evaluation_age_seconds", (), aged.age_seconds
    yield "migrator_override_open_commitments", (), len(board.promises)
    for item in board.migrations:
        yield "migrator_migration_state", (item.migration, item.state), 1
        yield "migrator_cleanup_overdue_days", (item.migration,), _overdue_days(board, item)
        yield from _backfills(item)
        yield from _phases(board, item)
    for service, version, number in board.alive:
        yield "migrator_app_instances", (service, version), number


def _phases(board: Board, item: Overview) -> Iterator[_Sample]:
    """A phase before the next one has begun or is over; one behind it cannot begin yet."""
    asked = {(answer.migration, answer.phase): answer.status for answer in board.answers}
    states = phase_states(item)
    for phase in PHASES:
        has_begun = states[phase] in {PhaseState.DONE, PhaseState.BEGUN, PhaseState.FAILED}
        status = asked.get((item.migration, phase), GateStatus.OPEN if has_begun else GateStatus.CLOSED)
        status = GateStatus.UNKNOWN if item.state == "broken" else status
        yield "migrator_gate_open", (item.migration, phase), status is GateStatus.OPEN
        yield "migrator_gate_unknown", (item.migration, phase), status is GateStatus.UNKNOWN
        for state in PhaseState:
            yield "migrator_phase_state", (item.migration, phase, state.value), states[phase] is state


def _backfills(item: Overview) -> Iterator[_Sample]:
    for row in item.backfills:
        labels = (item.migration, str(row["name"]))
        yield "migrator_backfill_rows_done", labels, rows_passed(row)
        if row["rows_estimate"] is not None:
            yield "migrator_backfill_rows_estimate", labels, _number(row["rows_estimate"])
        yield "migrator_backfill_throttled", labels, bool(row["throttled_by"] or row["operator_pause"])
        if row["heartbeat_age_seconds"] is not None and row["state"] == "running":
            yield "migrator_backfill_heartbeat_age_seconds", labels, _number(row["heartbeat_age_seconds"])


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _overdue_days(board: Board, item: Overview) -> float:
    has_ended = item.state in {state.value for state in ENDED}
    if has_ended or item.contract_by is None or board.now is None:
        return 0
    return max(0, (board.now.date() - item.contract_by).days)
