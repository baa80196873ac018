"""`migrator demo`: the main job under live traffic keeps its promises, and its JSON is as announced."""

from pathlib import Path
from typing import Any, cast

import pytest

from tests.acceptance.person import Person

SHAPE = {
    "phases": [{"name": "str", "queries": "int", "failed": "int", "p99_ms": "float", "worst_ms": "float"}],
    "backfill": {"rows": "int", "paused_seconds": "float", "pause_reasons": ["str"]},
    "gate": {"closed_reasons": ["str"]},
    "verified": {"rows": "int", "lost": "int", "different": "int", "replica_different": "int"},
    "naive": {"queries": "int", "failed": "int"},
    "seconds": "float",
}


@pytest.mark.parametrize("rows", [100_000, pytest.param(200_000, marks=pytest.mark.thorough)])
def test_the_demo_keeps_its_promises(tmp_path: Path, rows: int) -> None:
    """One test: the demo takes half a minute and starts its own servers."""
    result = Person(tmp_path, "").json("demo", "--rows", str(rows))
    assert _shape(result) == SHAPE
    _no_query_failed(result["phases"])
    _the_backfill_waited_for_the_replica(result["backfill"])
    _the_gate_was_closed_while_old_code_ran(result["gate"]["closed_reasons"])
    verified = result["verified"]
    assert verified["rows"] >= rows
    assert (verified["lost"], verified["different"], verified["replica_different"]) == (0, 0, 0)
    assert 0 < result["naive"]["failed"] <= result["naive"]["queries"], "the naive rename breaks clients"


def _no_query_failed(phases: list[dict[str, Any]]) -> None:
    assert [phase["name"] for phase in phases] == ["before", "expand", "migrate", "gate", "contract", "after"]
    assert [phase for phase in phases if phase["failed"] or not phase["queries"]] == []


def _the_backfill_waited_for_the_replica(backfill: dict[str, Any]) -> None:
    assert backfill["rows"] > 0
    assert backfill["paused_seconds"] > 0
    assert any("behind" in reason for reason in backfill["pause_reasons"])


def _the_gate_was_closed_while_old_code_ran(reasons: list[str]) -> None:
    assert any(reason.startswith("versions: ") for reason in reasons)
    assert any(reason.startswith("approvals: ") for reason in reasons)


def _shape(value: object) -> object:
    """Return the keys of a document's objects, the shape of a list's first item, and the types of the rest."""
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_shape(item) for item in cast("list[object]", value)[:1]]
    return type(value).__name__
