"""Gate `http`: other services agree, such as a feature-flag server that speaks OFREP.

Each of `[[gates.http.questions]]` is an address, and the value in its JSON answer that opens the gate. A flag is asked
for one context only: who gets another value in another context is not seen, so let this never be the only evidence.
"""

import json
import os
from urllib.parse import quote

from pydantic import JsonValue

from migrator.clock import SystemClock
from migrator.config.gates import HttpQuestion
from migrator.gates.gate import GateQuestion, GateResult, GateStatus, of_all
from migrator.http import Answer, HttpClient, HttpFailed, mapping

NAME = "http"

_TIMEOUT_SECONDS = 5.0
_NONE = object()


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed with the answers that are others, unknown without an answer, else open."""
    asked = question.settings.gates.http.questions
    if not asked:
        return GateResult(NAME, GateStatus.UNKNOWN, "nothing is configured; add [[gates.http.questions]]")
    results = [_ask(each) for each in asked]
    evidence: dict[str, object] = {"answers": [{"status": status.value, "answer": text} for status, text in results]}
    return of_all(NAME, results, evidence)


def _ask(asked: HttpQuestion) -> tuple[GateStatus, str]:
    name = f"flag {asked.flag}" if asked.flag else f"{asked.value} of {asked.url.partition('?')[0]}"
    headers: dict[str, str] = {}
    if asked.token_env:
        token = os.environ.get(asked.token_env)
        if not token:
            return GateStatus.UNKNOWN, f"the environment variable {asked.token_env} is not set"
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = _send(HttpClient(SystemClock(), headers, _TIMEOUT_SECONDS), asked)
    except HttpFailed as exc:
        return GateStatus.UNKNOWN, exc.situation
    found = _value_at(answer.data, asked.value)
    if found is _NONE:
        return GateStatus.UNKNOWN, f"the answer has no {name}"
    is_open = type(found) is type(asked.open_when) and found == asked.open_when
    status = GateStatus.OPEN if is_open else GateStatus.CLOSED
    return status, f"{name} {json.dumps(found)} {'=' if is_open else '!='} {json.dumps(asked.open_when)}"


def _send(client: HttpClient, asked: HttpQuestion) -> Answer:
    if asked.flag is None:
        return client.ask("GET", asked.url)
    url = f"{asked.url.rstrip('/')}/ofrep/v1/evaluate/flags/{quote(asked.flag, safe='')}"
    return client.ask("POST", url, body={"context": dict(asked.context)})


def _value_at(data: JsonValue, path: str) -> object:
    """Return the value at a path with dots, or `_NONE`."""
    found: object = data
    for key in path.split("."):
        found = mapping(found).get(key, _NONE)
    return found
