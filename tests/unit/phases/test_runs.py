"""Phases as the audit tells of them, over failures, interruptions and ways back."""

from datetime import UTC, datetime, timedelta

from migrator.phases.runs import runs_of
from migrator.state.records import AuditRecord

_START = datetime(2026, 9, 1, tzinfo=UTC)


def _rows(*told: tuple[str, dict[str, object]], migration: str | None = "m") -> list[AuditRecord]:
    return [
        AuditRecord(n, _START + timedelta(seconds=n), "dana", "app", "host", "0.1.0", "abc", action, migration, detail)
        for n, (action, detail) in enumerate(told)
    ]


def _state(source: str, target: str) -> tuple[str, dict[str, object]]:
    return "state.changed", {"from": source, "to": target}


_FAILED: tuple[str, dict[str, object]] = ("step.failed", {"step": 2, "error": "no lock"})
_DONE: tuple[str, dict[str, object]] = ("step.done", {"step": 2})


def test_a_phase_that_failed_once_and_was_resumed() -> None:
    rows = _rows(_state("pending", "expanding"), _FAILED, _DONE, _state("expanding", "expanded"))
    (run,) = runs_of(rows)
    assert (run.phase, run.outcome, run.seconds, run.detail, run.commit) == ("expand", "done", 3.0, "", "abc")
    (run,) = runs_of(rows[:2])
    assert (run.outcome, run.seconds, run.detail) == ("failed", None, "step 2: no lock")
    (run,) = runs_of(rows[:3])
    assert (run.outcome, run.detail) == ("running", "")


def test_a_phase_that_was_given_up() -> None:
    rows = _rows(
        _state("pending", "expanding"), _FAILED, _state("expanding", "aborting"), _state("aborting", "aborted")
    )
    assert [(run.phase, run.outcome, run.detail) for run in runs_of(rows)] == [
        ("expand", "given up", "step 2: no lock"),
        ("abort", "done", ""),
    ]


def test_what_is_no_phase_and_what_is_done_at_once() -> None:
    assert runs_of(_rows(("replica.forgotten", {}), migration=None)) == ()
    assert runs_of(_rows(("contract.approved", {}), _state("migrated", "ready"))) == ()
    told = _rows(_state("pending", "baselined"), ("repeatable.applied", {}))
    assert [(run.phase, run.outcome, run.seconds) for run in runs_of(told)] == [
        ("baseline", "done", 0.0),
        ("repeatable", "done", 0.0),
    ]
