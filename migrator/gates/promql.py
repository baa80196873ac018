"""Gate `promql`: every series of the configured Prometheus queries passes its comparison (`migrator/prometheus.py`)."""

from migrator.clock import SystemClock
from migrator.gates.gate import GateQuestion, GateResult, GateStatus, of_all

NAME = "promql"

_TIMEOUT_SECONDS = 5.0
_STATUS = {True: GateStatus.OPEN, False: GateStatus.CLOSED, None: GateStatus.UNKNOWN}


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed with the series that do not pass, unknown when a query has no answer, else open."""
    signals = question.settings.gates.promql.signals
    if not signals:
        return GateResult(NAME, GateStatus.UNKNOWN, "no query is configured; add [[gates.promql.signals]]")
    from migrator.prometheus import look

    found = [look(signal, SystemClock(), _TIMEOUT_SECONDS) for signal in signals]
    results = [(_STATUS[looked.is_met], looked.words) for looked in found]
    evidence: dict[str, object] = {
        "queries": [
            {"query": signal.query, "open_when": signal.open_when, "status": status.value, "answer": text}
            for signal, (status, text) in zip(signals, results, strict=True)
        ]
    }
    return of_all(NAME, results, evidence)
