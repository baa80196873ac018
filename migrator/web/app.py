"""The addresses and what each answers. Plain `def` endpoints: starlette runs them in threads, psycopg may block there.

GET HEAD POST  /gate/{migration}/{phase}          200 open, 403 closed, 503 unknown; text (Flagger, gh-ost)
GET            /api/v1/gates/{migration}/{phase}  always 200, JSON (Argo Rollouts takes another status for an error)
POST           /api/v1/deploys                    records a deploy; needs the token
GET            /metrics                           for Prometheus
GET            /healthz                           this process serves; says nothing about the database
GET            /                                  the status page
"""

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from migrator.errors import InputError, MigratorError
from migrator.gates.gate import GateResult, GateStatus
from migrator.web import inbound, series
from migrator.web.answers import Answer, Answers
from migrator.web.board import Boards
from migrator.web.database import Database
from migrator.web.fresh import Aged
from migrator.web.page import Page

_CODES = {GateStatus.OPEN: 200, GateStatus.CLOSED: 403, GateStatus.UNKNOWN: 503}
_MARKS = {GateStatus.OPEN: "✓", GateStatus.CLOSED: "✗", GateStatus.UNKNOWN: "?"}
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Nobody between us and a client may keep an answer: an old "open" is the one mistake that counts."""


@dataclass(frozen=True, slots=True)
class Views:
    """The endpoints, and what they need."""

    answers: Answers
    boards: Boards
    page: Page
    database: Database
    actor: str
    token: inbound.Token | None

    def gate(self, request: Request) -> Response:
        """Answer by status code; the body of a POST (Flagger's) says nothing that we need."""
        aged = self.answers.answer(request.path_params["migration"], request.path_params["phase"])
        return PlainTextResponse(_text(aged), _CODES[aged.value.status], headers=_age(aged))

    def gate_data(self, request: Request) -> Response:
        """Answer in JSON, always with 200."""
        aged = self.answers.answer(request.path_params["migration"], request.path_params["phase"])
        return JSONResponse({"data": _data(aged)}, headers=_age(aged))

    def metrics(self, _: Request) -> Response:
        """Answer in Prometheus' text format."""
        return Response(series.exposition(self.boards.board()), headers={"content-type": series.CONTENT_TYPE})

    def health(self, _: Request) -> Response:
        """Answer while this process serves: to restart it because the database is away would help nobody."""
        return PlainTextResponse("ok\n")

    def status(self, _: Request) -> Response:
        """Show the status page; 503 with the reason on it when the database cannot be read."""
        aged = self.boards.board()
        return HTMLResponse(self.page.render(aged), 503 if aged.value.problem else 200)

    async def deploys(self, request: Request) -> Response:
        """Record a deploy; a coroutine because only that can read the body."""
        if self.token is None:
            return PlainTextResponse("Nothing can be written: start `migrator serve` with --token-file.\n", 403)
        if not self.token.is_shown_by(request.headers.get("authorization", "")):
            challenge = {"www-authenticate": "Bearer"}
            return PlainTextResponse("Send the token: Authorization: Bearer …\n", 401, headers=challenge)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > inbound.LONGEST_BODY:
                return PlainTextResponse("The body is too long.\n", 413)
        return await run_in_threadpool(self._record, body)

    def _record(self, body: bytes) -> Response:
        try:
            deploy = inbound.read_deploy(body)
            inbound.record(self.database, self.actor, deploy)
        except InputError as exc:
            return PlainTextResponse(f"{exc}\n", 400)
        except MigratorError as exc:
            return PlainTextResponse(f"{exc}\n", 503)
        return JSONResponse({"data": {"service": deploy.service, "version": deploy.version, "status": deploy.status}})


def make_app(views: Views) -> ASGIApp:
    """Return the application."""
    return _Guarded(Starlette(routes=routes(views)))


def routes(views: Views) -> list[Route]:
    """Return every address; starlette adds HEAD wherever there is GET."""
    return [
        Route("/", views.status),
        Route("/gate/{migration}/{phase}", views.gate, methods=["GET", "POST"]),
        Route("/api/v1/gates/{migration}/{phase}", views.gate_data),
        Route("/api/v1/deploys", views.deploys, methods=["POST"]),
        Route("/metrics", views.metrics),
        Route("/healthz", views.health),
    ]


@dataclass(frozen=True, slots=True)
class _Guarded:
    """Puts the headers of safety on every answer, also on those that starlette makes itself."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self.app(scope, receive, guarded)


def _text(aged: Aged[Answer]) -> str:
    answer = aged.value
    lines = [f"{_mark(r)} {r.gate} {r.status.value}: {r.reason}" for r in answer.results]
    head = f"{answer.status.value}: {answer.phase} of {answer.migration} (evaluated {aged.age_seconds:.1f} s ago)"
    return "\n".join([head, *lines, ""])


def _mark(result: GateResult) -> str:
    return "!" if result.is_forced else _MARKS[result.status]


def _gate(result: GateResult) -> dict[str, object]:
    return {
        "gate": result.gate,
        "status": result.status.value,
        "reason": result.reason,
        "forced": result.is_forced,
    }


def _data(aged: Aged[Answer]) -> dict[str, object]:
    answer = aged.value
    return {
        "open": answer.is_open,
        "status": answer.status.value,
        "reasons": list(answer.reasons),
        "gates": [_gate(result) for result in answer.results],
        "migration": answer.migration,
        "phase": answer.phase,
        "age_seconds": round(aged.age_seconds, 1),
    }


def _age(aged: Aged[Answer]) -> dict[str, str]:
    return {"age": str(round(aged.age_seconds))}
