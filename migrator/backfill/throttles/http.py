"""Waits while the address of `http` says so: 2xx lets the backfill go on; 409, 423, 429 and 503 hold it back.

It is asked with GET each two seconds, with three seconds for the whole answer. The text of a refusal, or `reason` in
its JSON, is the reason. No answer, a redirect or any other status is not known, and holds the backfill back.
"""

import json
from typing import TYPE_CHECKING

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown
from migrator.clock import after

if TYPE_CHECKING:
    import httpx

_TIMEOUT_SECONDS = 3.0
_WAIT = frozenset({409, 423, 429, 503})
_LONGEST_REASON = 200
_MOST_BYTES = 65536


class HttpGate:
    """Asks on a thread of its own."""

    name = "http"
    interval_seconds = 2.0
    is_slow = True

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return over the limit, with the gate's own words."""
        url = self._context.pace.now.http
        if url is None:
            return clear(self.name)
        import httpx

        try:
            with (
                httpx.Client(timeout=_TIMEOUT_SECONDS) as client,
                after(_TIMEOUT_SECONDS, client.close),
                client.stream("GET", url, follow_redirects=False) as answer,
            ):
                return self._judged(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return unknown(self.name, f"no answer: {str(exc) or type(exc).__name__}")

    def _judged(self, answer: "httpx.Response") -> Reading:
        """Judge by the status; no more of the text is read than a reason needs."""
        if answer.is_success:
            return clear(self.name)
        if answer.status_code in _WAIT:
            return over(self.name, f"the gate answers {answer.status_code}: {_words(answer)}")
        return unknown(self.name, f"the gate answers {answer.status_code} {answer.reason_phrase}")


def _words(answer: "httpx.Response") -> str:
    from migrator.http import mapping

    text = next(answer.iter_bytes(_MOST_BYTES), b"").decode(errors="replace")
    try:
        data: object = json.loads(text)
    except ValueError:
        data = None
    named = mapping(data).get("reason")
    lines = text.strip().splitlines()
    return str(named or (lines[0] if lines else answer.reason_phrase))[:_LONGEST_REASON]


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return HttpGate(context)
