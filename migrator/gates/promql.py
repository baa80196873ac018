"""Gate `promql`: every series of the configured Prometheus queries passes its comparison.

No series is no answer: a query whose metric is not there says nothing, and is unknown. So is a value that is not a
number, and a server that does not answer.
"""

import math
import operator
import os
from collections.abc import Callable, Mapping
from typing import Any, cast

from migrator.clock import SystemClock
from migrator.config import PrometheusSignal
from migrator.config.backfill import COMPARISON
from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.http import HttpClient, HttpFailed, mapping

NAME = "promql"

_TIMEOUT_SECONDS = 5.0
_SHOWN = 5
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed with the series that do not pass, unknown when a query has no answer, else open."""
    signals = question.settings.gates.promql.signals
    if not signals:
        return GateResult(NAME, GateStatus.UNKNOWN, "no query is configured; add [[gates.promql.signals]]")
    results = [_ask(signal) for signal in signals]
    evidence: dict[str, object] = {
        "queries": [
            {"query": signal.query, "open_when": signal.open_when, "status": status.value, "answer": text}
            for signal, (status, text) in zip(signals, results, strict=True)
        ]
    }
    for worst in (GateStatus.CLOSED, GateStatus.UNKNOWN):
        found = [text for status, text in results if status is worst]
        if found:
            return GateResult(NAME, worst, "; ".join(found), evidence)
    return GateResult(NAME, GateStatus.OPEN, "; ".join(text for _, text in results), evidence)


def _ask(signal: PrometheusSignal) -> tuple[GateStatus, str]:
    headers: dict[str, str] = {}
    if signal.token_env:
        token = os.environ.get(signal.token_env)
        if not token:
            return GateStatus.UNKNOWN, f"the environment variable {signal.token_env} is not set"
        headers["Authorization"] = f"Bearer {token}"
    client = HttpClient(SystemClock(), headers, _TIMEOUT_SECONDS)
    try:
        answer = client.ask("GET", f"{signal.url.rstrip('/')}/api/v1/query", params={"query": signal.query})
    except HttpFailed as exc:
        return GateStatus.UNKNOWN, exc.situation
    return _judge(signal, mapping(mapping(answer.data).get("data")))


def _judge(signal: PrometheusSignal, data: Mapping[str, object]) -> tuple[GateStatus, str]:
    values = _values(data)
    if values is None:
        return GateStatus.UNKNOWN, f"the answer to {signal.query} cannot be read"
    if not values:
        return GateStatus.UNKNOWN, f"{signal.query} has no series"
    match = COMPARISON.match(signal.open_when)
    assert match is not None  # noqa: S101 the settings were read
    compare, limit = _OPERATORS[match[1]], float(match[2])
    unread = [name for name, value in values.items() if math.isnan(value)]
    failing = [
        f"{name or signal.query} {value:g}"
        for name, value in values.items()
        if not math.isnan(value) and not compare(value, limit)
    ]
    if failing:
        more = f" and {len(failing) - _SHOWN} more" if len(failing) > _SHOWN else ""
        return GateStatus.CLOSED, f"{', '.join(failing[:_SHOWN])}{more} is not {signal.open_when}"
    if unread:
        return GateStatus.UNKNOWN, f"{signal.query} has a value that is no number"
    return GateStatus.OPEN, f"{signal.query} {signal.open_when} holds for {len(values)} series"


def _values(data: Mapping[str, object]) -> dict[str, float] | None:
    """Return the value of each series by its labels; None when the answer is of another form."""
    if not isinstance(data.get("result"), list):
        return None
    result = cast("list[Any]", data["result"])
    try:
        if data.get("resultType") == "scalar":
            return {"": float(result[1])}
        found: dict[str, float] = {}
        for number, item in enumerate(result):
            series = mapping(item)
            labels = ",".join(f"{key}={value}" for key, value in sorted(mapping(series.get("metric")).items()))
            found[labels or f"#{number}"] = float(series["value"][1])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return found
