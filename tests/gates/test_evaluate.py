"""All gates together: which are asked, in which order, and what a failure inside one does to the others."""

import json
from datetime import timedelta

import pytest

from migrator.errors import ManifestError
from migrator.gates.evaluate import are_open, evaluate
from migrator.gates.gate import GateStatus
from migrator.pg.connection import Connection
from tests.gates.asking import question, register


def test_the_names_are_asked_in_their_order_and_what_the_manifest_implies_after_them(
    one_connection: Connection,
) -> None:
    register(one_connection)
    asked = question(
        one_connection,
        soak=timedelta(hours=1),
        approvals=1,
        requires={"checkout": ">=1"},
        backfills=("users_mail",),
    )
    results = evaluate(asked, ["dependencies", "soak", "dependencies"])
    assert [r.gate for r in results] == ["dependencies", "soak", "backfill", "versions", "approvals"]
    assert not are_open(results)
    assert [r.gate for r in evaluate(question(one_connection), ["dependencies"])] == ["dependencies"]


def test_an_unknown_gate_is_an_error_before_anything_is_asked(one_connection: Connection) -> None:
    with pytest.raises(
        ManifestError, match=r"no gate tripwires.*approvals, backfill, command, dependencies, freeze, http"
    ):
        evaluate(question(one_connection), ["backfill", "tripwires"])


def test_a_database_error_makes_this_gate_unknown_and_the_next_one_still_answers(connection: Connection) -> None:
    asked = question(connection, backfills=("users_mail",), soak=timedelta(hours=1))
    results = evaluate(asked, ["backfill", "dependencies"])
    assert [(r.gate, r.status.value) for r in results] == [
        ("backfill", "unknown"),
        ("dependencies", "open"),
        ("soak", "unknown"),
    ]
    assert "migrator.backfill" in results[0].reason
    assert "migrator init" in results[0].reason
    assert not are_open(results)


def test_an_error_inside_the_callers_transaction_leaves_it_usable(one_connection: Connection) -> None:
    with one_connection.transaction():
        one_connection.execute("CREATE TABLE kept (id int)")
        (result,) = evaluate(question(one_connection, approvals=1), [])
        assert result.status is GateStatus.UNKNOWN
    assert one_connection.execute("SELECT count(*) AS n FROM kept").fetchone() == {"n": 0}


def test_a_lost_connection_makes_every_gate_unknown(one_connection: Connection) -> None:
    register(one_connection)
    asked = question(one_connection, soak=timedelta(seconds=1), approvals=1)
    one_connection.close()
    assert [r.status for r in evaluate(asked, ["dependencies"])] == [GateStatus.UNKNOWN] * 3


def never_answers(*_name: str) -> bytes:
    return b"SELECT pg_sleep(60), %(migration)s::text"


def test_a_gate_that_waits_too_long_is_unknown(one_connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    register(one_connection, migrated_ago=timedelta(days=1))
    monkeypatch.setattr("migrator.gates.evaluate._LONGEST_LOOK", "1ms")
    monkeypatch.setattr("migrator.gates.soak.query", never_answers)
    (result,) = evaluate(question(one_connection, soak=timedelta(hours=1)), [])
    assert result.status is GateStatus.UNKNOWN
    assert "57014" in result.reason
    row = one_connection.execute("SELECT current_setting('statement_timeout') AS t").fetchone()
    assert row == {"t": "0"}


def test_evidence_is_json(one_connection: Connection) -> None:
    register(one_connection, migrated_ago=timedelta(days=1))
    asked = question(
        one_connection, soak=timedelta(hours=1), approvals=1, requires={"checkout": ">=1"}, backfills=("b",)
    )
    for result in evaluate(asked, ["dependencies"]):
        assert json.loads(json.dumps(dict(result.evidence))) == dict(result.evidence)
