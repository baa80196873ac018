"""Gates that ask the clock, other services and programs: open, closed, and unknown when nobody answers."""

import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from migrator.config import PrometheusSignal, Settings
from migrator.config.gates import (
    CommandGate,
    Freeze,
    FreezeGate,
    GateSettings,
    HttpGate,
    HttpQuestion,
    PromqlGate,
    TimeWindowsGate,
)
from migrator.gates import command, freeze, http, promql, time_windows
from migrator.gates.gate import GateQuestion, GateStatus
from tests.coupling.forge_server import ForgeServer, forge

__all__ = ["forge"]

OPEN, CLOSED, UNKNOWN = GateStatus.OPEN, GateStatus.CLOSED, GateStatus.UNKNOWN
SATURDAY = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def question(gates: GateSettings, now: datetime = SATURDAY) -> GateQuestion:
    nothing: Any = ()
    return GateQuestion(
        migration="20260901_users",
        phase="contract",
        connection=cast(Any, None),
        settings=Settings(gates=gates),
        removes=(),
        makes=(),
        checksum="",
        soak=timedelta(0),
        approvals=0,
        requires={},
        backfills=nothing,
        owner="",
        now=now,
    )


@pytest.mark.parametrize(
    ("windows", "status", "words"),
    [
        (("Mon-Fri 09:00-16:00 UTC",), CLOSED, "opens at 2026-11-23 09:00 UTC"),
        (("Mon-Fri 09:00-16:00 UTC", "Sat 10:30-12:00 Europe/Berlin"), OPEN, "window Sat 10:30-12:00"),
        (("Sat 09:00-10:00 UTC",), CLOSED, "opens at 2026-11-28 09:00 UTC"),
        ((), UNKNOWN, "no window is configured"),
    ],
)
def test_time_windows(windows: tuple[str, ...], status: GateStatus, words: str) -> None:
    result = time_windows.evaluate(question(GateSettings(time_windows=TimeWindowsGate(windows=windows))))
    assert (result.status, words in result.reason) == (status, True), result.reason


@pytest.mark.parametrize(
    ("first", "last", "zone", "status"),
    [
        (date(2026, 11, 20), date(2026, 11, 21), "UTC", CLOSED),
        (date(2026, 11, 22), date(2026, 11, 30), "UTC", OPEN),
        (date(2026, 11, 22), date(2026, 11, 30), "Pacific/Kiritimati", CLOSED),
    ],
)
def test_freeze(first: date, last: date, zone: str, status: GateStatus) -> None:
    calendar = (Freeze(first=first, last=last, zone=zone, reason="the sale"),)
    result = freeze.evaluate(question(GateSettings(freeze=FreezeGate(calendar=calendar))))
    assert result.status is status
    assert ("the sale" in result.reason) is (status is CLOSED)


def test_a_freeze_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="is before"):
        Freeze(first=date(2026, 12, 2), last=date(2026, 12, 1))
    with pytest.raises(ValueError, match="no time zone"):
        Freeze(first=date(2026, 12, 1), last=date(2026, 12, 1), zone="Middle/Earth")


def series(*values: str) -> dict[str, Any]:
    result = [{"metric": {"pod": f"p{n}"}, "value": [1, value]} for n, value in enumerate(values)]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (series("0", "0.4"), OPEN, "holds for 2 series"),
        (series("0", "3"), CLOSED, "pod=p1 3 is not < 0.5"),
        (series("NaN", "3"), CLOSED, "pod=p1 3 is not < 0.5"),
        (series("NaN"), UNKNOWN, "no number"),
        (series(), UNKNOWN, "up has no series"),
        ({"data": {"resultType": "scalar", "result": [1, "0.1"]}}, OPEN, "1 series"),
        ({"data": {"resultType": "vector", "result": [{"value": "x"}]}}, UNKNOWN, "cannot be read"),
        ((400, {"error": "parse error"}), UNKNOWN, "answered 400"),
    ],
)
def test_promql(forge: ForgeServer, answer: Any, status: GateStatus, words: str) -> None:
    forge.answers = {"GET /api/v1/query": answer}
    signal = PrometheusSignal(url=forge.url, query="up", open_when="< 0.5")
    result = promql.evaluate(question(GateSettings(promql=PromqlGate(signals=(signal,)))))
    assert (result.status, words in result.reason) == (status, True), result.reason


def test_nothing_configured_is_unknown() -> None:
    asked = question(GateSettings())
    assert [gate.evaluate(asked).status for gate in (promql, http, command)] == [UNKNOWN] * 3


def test_a_token_that_is_not_there_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_TOKEN", raising=False)
    signal = PrometheusSignal(url="http://127.0.0.1:9", query="up", open_when="< 1", token_env="NO_TOKEN")
    asked = HttpQuestion(url="http://127.0.0.1:9", token_env="NO_TOKEN")
    gates = GateSettings(promql=PromqlGate(signals=(signal,)), http=HttpGate(questions=(asked,)))
    for gate in (promql, http):
        assert gate.evaluate(question(gates)).reason == "the environment variable NO_TOKEN is not set"


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"key": "new-mail", "value": True, "reason": "STATIC"}, OPEN, "flag new-mail true = true"),
        ({"key": "new-mail", "value": False}, CLOSED, "flag new-mail false != true"),
        ({"key": "new-mail", "value": 1}, CLOSED, "flag new-mail 1 != true"),
        ({"key": "new-mail"}, UNKNOWN, "the answer has no flag new-mail"),
        ((404, {"errorCode": "FLAG_NOT_FOUND"}), UNKNOWN, "answered 404"),
    ],
)
def test_a_feature_flag(forge: ForgeServer, answer: Any, status: GateStatus, words: str) -> None:
    forge.answers = {"POST /ofrep/v1/evaluate/flags/new-mail": answer}
    asked = HttpQuestion(url=forge.url, flag="new-mail", context={"targetingKey": "contract"})
    result = http.evaluate(question(GateSettings(http=HttpGate(questions=(asked,)))))
    assert (result.status, words in result.reason) == (status, True), result.reason
    assert forge.seen[0][2] == {"context": {"targetingKey": "contract"}}


def test_an_address_with_a_value_inside_its_answer(forge: ForgeServer) -> None:
    forge.answers = {"GET /state": {"data": {"mode": "calm"}}}
    asked = HttpQuestion(url=f"{forge.url}/state", value="data.mode", open_when="calm")
    other = asked.model_copy(update={"open_when": "busy"})
    gates = [GateSettings(http=HttpGate(questions=questions)) for questions in ((asked,), (asked, other))]
    assert [http.evaluate(question(each)).status for each in gates] == [OPEN, CLOSED]


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("print('all quiet')", OPEN, "ended with 0: all quiet"),
        ("import sys; print('busy'); sys.exit(1)", CLOSED, "ended with 1: busy"),
        ("import sys; sys.exit(2)", UNKNOWN, "ended with 2"),
        ("import os; os.abort()", UNKNOWN, "ended with -6"),
        (
            "import os; print(os.environ['MIGRATOR_MIGRATION'], os.environ['MIGRATOR_PHASE'])",
            OPEN,
            "20260901_users contract",
        ),
        ("import threading; threading.Event().wait()", UNKNOWN, "no answer within 2s"),
    ],
)
def test_a_program(code: str, status: GateStatus, words: str) -> None:
    settings = CommandGate(argv=(sys.executable, "-c", code), timeout=timedelta(seconds=2))
    result = command.evaluate(question(GateSettings(command=settings)))
    assert (result.status, words in result.reason) == (status, True), result.reason


def test_a_program_that_is_not_there_is_unknown() -> None:
    result = command.evaluate(question(GateSettings(command=CommandGate(argv=("/no/such/program",)))))
    assert (result.status, result.reason) == (UNKNOWN, "/no/such/program cannot be started: No such file or directory")
