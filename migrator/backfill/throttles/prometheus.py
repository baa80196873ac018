"""Waits while a Prometheus query of `[[backfill.prometheus]]` does not pass its comparison.

    [[backfill.prometheus]]
    url = "https://prometheus.example.org"
    query = 'histogram_quantile(0.99, rate(http_seconds_bucket{app="shop"}[2m]))'
    open_when = "< 0.5"

Each of the query's series must pass. A query without a series is not known and holds the backfill back: a metric that
vanished looks like that.
"""

import math
import operator
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown
from migrator.config import PrometheusSignal
from migrator.config.backfill import COMPARISON

_TIMEOUT_SECONDS = 3.0
_PASSES: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Prometheus:
    """Asks each five seconds, on a thread of its own; Prometheus itself looks no oftener."""

    name = "prometheus"
    interval_seconds = 5.0
    is_slow = True

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return over the limit, with the query, its value and the comparison in the reason."""
        readings = [self._ask(signal) for signal in self._context.pace.now.prometheus]
        return next((reading for reading in readings if reading.is_over), clear(self.name))

    def _ask(self, signal: PrometheusSignal) -> Reading:
        import httpx

        token = os.environ.get(signal.token_env) if signal.token_env else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = f"{signal.url.rstrip('/')}/api/v1/query"
        try:
            answer = httpx.get(address, params={"query": signal.query}, headers=headers, timeout=_TIMEOUT_SECONDS)
            values = list(_values(answer.raise_for_status().json()))
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return unknown(self.name, f"no answer: {exc or type(exc).__name__}")
        except (ValueError, KeyError, TypeError, IndexError):
            return unknown(self.name, f"the answer to {signal.query} is none of Prometheus")
        return self._judged(signal, values)

    def _judged(self, signal: PrometheusSignal, values: list[float]) -> Reading:
        match = COMPARISON.match(signal.open_when)
        if match is None or not values:
            return unknown(self.name, f"there is no series for {signal.query}")
        if any(math.isnan(value) for value in values):
            return unknown(self.name, f"{signal.query} is not a number now")
        failed = [value for value in values if not _PASSES[match[1]](value, float(match[2]))]
        if not failed:
            return clear(self.name)
        return over(self.name, f"{signal.query} is {failed[0]:g}, not {signal.open_when.strip()}")


def _values(answer: Mapping[str, Any]) -> Iterator[float]:
    """Yield the value of each series of an instant query."""
    data = answer["data"]
    if data["resultType"] == "scalar":
        yield float(data["result"][1])
        return
    if data["resultType"] != "vector":
        raise ValueError(data["resultType"])
    for series in cast("list[Mapping[str, Any]]", data["result"]):
        yield float(series["value"][1])


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return Prometheus(context)
