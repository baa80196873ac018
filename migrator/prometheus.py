"""Whether every series of a Prometheus query passes its comparison: for a throttle and for a gate.

No series is no answer: a query whose metric is not there says nothing. Neither does a value that is not a number, nor
a server that does not answer.
"""

import math
import os
from dataclasses import dataclass
from typing import Any, cast

from migrator.clock import Clock
from migrator.config import PrometheusSignal
from migrator.http import HttpClient, HttpFailed, mapping

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Looked:
    """The answer in words; `is_met` is None when it is not known."""

    is_met: bool | None
    words: str


def look(signal: PrometheusSignal, clock: Clock, timeout_seconds: float, *, attempts: int = 3) -> Looked:
    """Ask once, again where that can help, and judge."""
    headers: dict[str, str] = {}
    if signal.token_env:
        token = os.environ.get(signal.token_env)
        if not token:
            return Looked(None, f"the environment variable {signal.token_env} is not set")
        headers["Authorization"] = f"Bearer {token}"
    client = HttpClient(clock, headers, timeout_seconds, attempts)
    try:
        answer = client.ask("GET", f"{signal.url.rstrip('/')}/api/v1/query", params={"query": signal.query})
    except HttpFailed as exc:
        return Looked(None, exc.situation)
    return _judged(signal, mapping(mapping(answer.data).get("data")))


def _judged(signal: PrometheusSignal, data: dict[str, Any]) -> Looked:
    values = _values(data)
    if values is None:
        return Looked(None, f"the answer to {signal.query} cannot be read")
    if not values:
        return Looked(None, f"{signal.query} has no series")
    numbers = {name: value for name, value in values.items() if not math.isnan(value)}
    failing = [f"{name or signal.query} {value:g}" for name, value in numbers.items() if not signal.is_passed_by(value)]
    wanted = signal.open_when.strip()
    if failing:
        more = f" and {len(failing) - _SHOWN} more" if len(failing) > _SHOWN else ""
        return Looked(is_met=False, words=f"{', '.join(failing[:_SHOWN])}{more} is not {wanted}")
    if len(numbers) < len(values):
        return Looked(None, f"{signal.query} has a value that is no number")
    return Looked(is_met=True, words=f"{signal.query} {wanted} holds for {len(values)} series")


def _values(data: dict[str, Any]) -> dict[str, float] | None:
    """Return the value of each series by its labels; None when the answer is of another form."""
    if not isinstance(data.get("result"), list):
        return None
    result = cast("list[Any]", data["result"])
    try:
        if data.get("resultType") == "scalar":
            return {"": float(result[1])}
        found: dict[str, float] = {}
        for item in result:
            series = mapping(item)
            labels = ",".join(f"{key}={value}" for key, value in sorted(mapping(series.get("metric")).items()))
            found[_free(labels, found)] = float(series["value"][1])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return found


def _free(labels: str, taken: dict[str, float]) -> str:
    """Return the labels, with a number where another series has none or the same."""
    return labels if labels not in taken else f"{labels}#{len(taken) + 1}"
