"""Waits while a Prometheus query of `[[backfill.prometheus]]` does not pass its comparison.

    [[backfill.prometheus]]
    url = "https://prometheus.example.org"
    query = 'histogram_quantile(0.99, rate(http_seconds_bucket{app="shop"}[2m]))'
    open_when = "< 0.5"

Each of the query's series must pass. A query without a series is not known and holds the backfill back: a metric that
vanished looks like that.
"""

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown
from migrator.config import PrometheusSignal

_TIMEOUT_SECONDS = 3.0


class Prometheus:
    """Asks each five seconds, on a thread of its own; Prometheus itself looks no oftener."""

    name = "prometheus"
    interval_seconds = 5.0
    is_slow = True

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return over the limit, with the series, their values and the comparison in the reason."""
        readings = [self._ask(signal) for signal in self._context.pace.now.prometheus]
        return next((reading for reading in readings if reading.is_over), clear(self.name))

    def _ask(self, signal: PrometheusSignal) -> Reading:
        from migrator.prometheus import look

        looked = look(signal, self._context.clock, _TIMEOUT_SECONDS, attempts=1)
        if looked.is_met is None:
            return unknown(self.name, looked.words)
        return clear(self.name) if looked.is_met else over(self.name, looked.words)


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return Prometheus(context)
