"""Events become series: the text that Prometheus reads, over HTTP and in a file."""

import math
import socket
import threading
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from migrator.errors import ConfigError
from migrator.events import EventKind, Events
from migrator.metrics import Metrics, describe, serve, write_textfile

_BACKFILL = {"migration": "m", "backfill": "users_mail"}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def events(metrics: Metrics) -> Events:
    return Events(metrics)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"migrator_{name}", labels)


def test_a_backfill_is_told_with_rows_batches_and_the_throttle_by_name(metrics: Metrics, events: Events) -> None:
    tell = {"name": "users_mail", "rows_done": 1000, "rows_estimate": 5000, "batch_size": 800, "checkpoint": ["1000"]}
    events.emit(EventKind.BACKFILL_STARTED, "m", name="users_mail", table="public.users", rows_estimate=4000)
    assert value(metrics, "backfill_rows_estimate", **_BACKFILL) == 4000
    events.emit(EventKind.BACKFILL_BATCH, "m", rows=1000, seconds=0.15, **tell)
    assert value(metrics, "backfill_rows_done", **_BACKFILL) == 1000
    assert value(metrics, "backfill_rows_estimate", **_BACKFILL) == 5000
    assert value(metrics, "backfill_batch_rows", **_BACKFILL) == 800
    assert value(metrics, "backfill_batches_total", **_BACKFILL) == 1
    assert value(metrics, "backfill_batch_seconds_sum", **_BACKFILL) == 0.15
    assert value(metrics, "backfill_batch_seconds_bucket", le="0.1", **_BACKFILL) == 0
    assert value(metrics, "backfill_batch_seconds_bucket", le="0.2", **_BACKFILL) == 1
    events.emit(EventKind.BACKFILL_PAUSED, "m", name="users_mail", throttle="replica-lag", reason="lag 3.1 s > 2 s")
    assert value(metrics, "backfill_throttled", reason="replica-lag", **_BACKFILL) == 1
    counted = {"replica-lag": 2.5}
    events.emit(EventKind.BACKFILL_RESUMED, "m", name="users_mail", throttle="replica-lag", counted=counted)
    events.emit(EventKind.BACKFILL_RESUMED, "m", name="users_mail", throttle="replica-lag", counted={"replica-lag": 1})
    assert value(metrics, "backfill_throttled", reason="replica-lag", **_BACKFILL) == 0
    assert value(metrics, "backfill_throttle_seconds_total", reason="replica-lag", **_BACKFILL) == 3.5
    assert "3.1 s" not in generate_latest(metrics.registry).decode()


def test_an_interrupted_step_is_counted_and_is_no_failure(metrics: Metrics, events: Events) -> None:
    phase = {"migration": "m", "phase": "expand"}
    events.emit(EventKind.PHASE_STARTED, "m", phase="expand")
    events.emit(EventKind.STEP_INTERRUPTED, "m", phase="expand", number=1, name="x", reason="stopped")
    assert value(metrics, "steps_total", outcome="interrupted", **phase) == 1
    assert value(metrics, "phase_state", state="interrupted", **phase) == 1
    assert value(metrics, "phase_state", state="failed", **phase) == 0
    assert value(metrics, "phase_state", state="running", **phase) == 0


def test_cancelled_blockers_are_counted_by_application(metrics: Metrics, events: Events) -> None:
    for application in ("report", "report", "psql"):
        events.emit(EventKind.BLOCKER_CANCELLED, "m", pid=7, application=application, role="r", reason="idle")
    assert value(metrics, "blockers_cancelled_total", application="report") == 2
    assert value(metrics, "blockers_cancelled_total", application="psql") == 1


def test_a_throttle_that_another_one_replaced_is_over_when_the_backfill_goes_on(
    metrics: Metrics, events: Events
) -> None:
    for throttle in ("replica-lag", "operator-pause"):
        events.emit(EventKind.BACKFILL_PAUSED, "m", name="users_mail", throttle=throttle, reason="")
    events.emit(EventKind.BACKFILL_PAUSED, "m", name="other", throttle="replica-lag", reason="")
    counted = {"operator-pause": 1}
    events.emit(EventKind.BACKFILL_RESUMED, "m", name="users_mail", throttle="operator-pause", counted=counted)
    assert value(metrics, "backfill_throttled", reason="replica-lag", **_BACKFILL) == 0
    assert value(metrics, "backfill_throttled", reason="operator-pause", **_BACKFILL) == 0
    assert value(metrics, "backfill_throttled", migration="m", backfill="other", reason="replica-lag") == 1


def test_retries_and_the_verification(metrics: Metrics, events: Events) -> None:
    events.emit(EventKind.BACKFILL_RETRY, "m", name="users_mail", sqlstate="40P01", attempt=1, batch_size=500)
    events.emit(EventKind.BACKFILL_VERIFIED, "m", name="users_mail", rows=9, remaining=0, different=2)
    assert value(metrics, "backfill_retries_total", sqlstate="40P01", **_BACKFILL) == 1
    assert value(metrics, "backfill_remaining_rows", **_BACKFILL) == 0
    assert value(metrics, "backfill_different_rows", **_BACKFILL) == 2


@pytest.mark.parametrize(("status", "is_open", "is_unknown"), [("open", 1, 0), ("closed", 0, 0), ("unknown", 0, 1)])
def test_an_unknown_gate_is_not_open(
    metrics: Metrics, events: Events, status: str, is_open: int, is_unknown: int
) -> None:
    events.emit(EventKind.GATE_EVALUATED, "m", gate="versions", status=status, reason="words")
    assert value(metrics, "gate_open", migration="m", gate="versions") == is_open
    assert value(metrics, "gate_unknown", migration="m", gate="versions") == is_unknown
    assert (value(metrics, "gate_last_eval_timestamp_seconds", migration="m", gate="versions") or 0) > 1.7e9


def test_a_phase_is_one_thing_at_a_time(metrics: Metrics, events: Events) -> None:
    def states() -> list[float | None]:
        return [
            value(metrics, "phase_state", migration="m", phase="expand", state=state)
            for state in ("running", "finished", "failed")
        ]

    events.emit(EventKind.PHASE_STARTED, "m", phase="expand")
    assert states() == [1, 0, 0]
    assert value(metrics, "last_success_timestamp_seconds", migration="m", phase="expand") is None
    events.emit(EventKind.STEP_DONE, "m", phase="expand", number=1, name="x", seconds=1.0)
    events.emit(EventKind.STEP_FAILED, "m", phase="expand", number=2, name="y", error="words")
    assert states() == [0, 0, 1]
    events.emit(EventKind.PHASE_FINISHED, "m", phase="expand", seconds=3.5)
    assert states() == [0, 1, 0]
    assert value(metrics, "phase_seconds", migration="m", phase="expand") == 3.5
    assert (value(metrics, "last_success_timestamp_seconds", migration="m", phase="expand") or 0) > 1.7e9
    assert value(metrics, "steps_total", migration="m", phase="expand", outcome="done") == 1
    assert value(metrics, "steps_total", migration="m", phase="expand", outcome="failed") == 1


def test_the_migrations_state_is_one_of_them(metrics: Metrics, events: Events) -> None:
    events.emit(EventKind.STATE_CHANGED, "m", source="pending", target="expanding")
    assert value(metrics, "migration_state", migration="m", state="pending") == 0
    assert value(metrics, "migration_state", migration="m", state="expanding") == 1


def test_blockers_are_those_of_now_and_bounded_by_application(metrics: Metrics, events: Events) -> None:
    def block(*applications: str) -> None:
        blockers = [{"pid": 1, "application": a, "age_seconds": 1.0, "query": "q", "state": "s"} for a in applications]
        events.emit(EventKind.LOCK_BLOCKED, "m", blockers=blockers)

    block("cron", "cron", "web")
    assert value(metrics, "lock_wait_blockers", application="cron") == 2
    block("web")
    assert value(metrics, "lock_wait_blockers", application="cron") is None
    assert value(metrics, "lock_wait_blockers", application="web") == 1
    block(*(f"pod-{number}" for number in range(100)))
    names = [s.labels["application"] for f in metrics.registry.collect() for s in f.samples if "blockers" in s.name]
    assert len(names) <= 21
    assert (value(metrics, "lock_wait_blockers", application="other") or 0) >= 80
    events.emit(EventKind.LOCK_RETRY, "m", attempt=1, pause_seconds=0.1, sqlstate="55P03")
    events.emit(EventKind.LOCK_ACQUIRED, "m", wait_seconds=0.3, attempts=2)
    assert value(metrics, "lock_wait_blockers", application="web") is None
    assert value(metrics, "lock_retries_total", migration="m", sqlstate="55P03") == 1
    assert value(metrics, "lock_wait_seconds_count", migration="m") == 1


def test_a_lag_that_cannot_be_read_is_not_zero(metrics: Metrics, events: Events) -> None:
    events.emit(EventKind.REPLICA_LAG, "m", replica="r1", seconds=0.4)
    assert value(metrics, "replica_lag_seconds", replica="r1") == 0.4
    events.emit(EventKind.REPLICA_LAG, "m", replica="r1", seconds=None)
    assert math.isnan(value(metrics, "replica_lag_seconds", replica="r1") or 0)


def test_every_kind_of_event_is_taken_without_fields(events: Events) -> None:
    for kind in EventKind:
        events.emit(kind, "m")


def test_two_runs_share_nothing(metrics: Metrics, events: Events) -> None:
    events.emit(EventKind.REPLICA_LAG, "m", replica="r1", seconds=1)
    assert value(Metrics(), "replica_lag_seconds", replica="r1") is None
    assert value(metrics, "replica_lag_seconds", replica="r1") == 1


def test_every_series_is_described_with_its_own_name_type_and_labels(metrics: Metrics) -> None:
    described = {series.name: series for series in describe()}
    registered = {
        family.name + ("_total" if family.type == "counter" else ""): family for family in metrics.registry.collect()
    }
    assert described.keys() == registered.keys()
    for name, family in registered.items():
        assert (family.type, family.documentation) == (described[name].type, described[name].help)
        assert described[name].help.endswith(".")
        assert described[name].labels


def test_the_series_are_served_while_a_run_lasts_and_the_port_is_free_afterwards(
    metrics: Metrics, events: Events
) -> None:
    events.emit(EventKind.REPLICA_LAG, "m", replica="r1", seconds=1.5)
    threads = threading.active_count()
    with serve(metrics.registry, 0) as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            families = {f.name: f for f in text_string_to_metric_families(answer.read().decode())}
        assert families["migrator_replica_lag_seconds"].samples[0].value == 1.5
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    assert threading.active_count() == threads


@pytest.mark.parametrize("offset", [0, 70000])
def test_a_port_that_cannot_be_used_is_an_input_error(metrics: Metrics, offset: int) -> None:
    with (
        serve(metrics.registry, 0) as port,
        pytest.raises(ConfigError, match="--metrics-port"),
        serve(metrics.registry, port + offset),
    ):
        pass


def test_an_address_of_another_machine_is_an_input_error(metrics: Metrics) -> None:
    with pytest.raises(ConfigError, match="--metrics-address"), serve(metrics.registry, 0, "192.0.2.1"):
        pass


def test_the_file_is_complete_and_replaced_at_once(metrics: Metrics, events: Events, tmp_path: Path) -> None:
    path = tmp_path / "migrator.prom"
    path.write_text("what was there before")
    events.emit(EventKind.REPLICA_LAG, "m", replica="r1", seconds=1.5)
    write_textfile(metrics.registry, path)
    assert 'migrator_replica_lag_seconds{replica="r1"} 1.5' in path.read_text()
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ConfigError, match="--metrics-textfile"):
        write_textfile(metrics.registry, tmp_path / "missing" / "migrator.prom")
