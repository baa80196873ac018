"""A local HTTP server that gives the documented answers of a forge's API: for contract tests, offline."""

import json
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

import pytest


@dataclass
class ForgeServer:
    """Answers by `METHOD path`; a list of answers is given one by one, the last one for ever."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    """`GET /repos/o/r/pulls/7` -> JSON; or (status, JSON) or (status, JSON, headers)."""
    seen: list[tuple[str, dict[str, str], Any]] = field(default_factory=list[tuple[str, dict[str, str], Any]])

    def asked(self, request: str) -> list[Any]:
        """Return the bodies that were sent with this request."""
        return [body for name, _, body in self.seen if name == request]

    def answer(self, request: str) -> tuple[int, Any, dict[str, str]]:
        found = self.answers.get(request, (404, {"message": "Not Found"}))
        if isinstance(found, list) and found and isinstance(found[0], tuple):
            queue = cast("list[Any]", found)
            found = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(found, tuple):
            status, body, *headers = cast("tuple[Any, ...]", found)
            return status, body, headers[0] if headers else {}
        return 200, cast(Any, found), {}


@pytest.fixture
def forge() -> Generator[ForgeServer]:
    """Return a server on a free port of 127.0.0.1; it ends with the test."""
    state = ForgeServer()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            request = f"{self.command} {urlsplit(self.path).path}"
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            state.seen.append((request, dict(self.headers.items()), body))
            exact = f"{self.command} {self.path}"
            status, data, headers = state.answer(exact if exact in state.answers else request)
            text = b"" if data is None else json.dumps(data).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 names of the library

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
