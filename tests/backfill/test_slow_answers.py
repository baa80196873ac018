"""Services that answer byte by byte, or never: each look has an end, and the next one may find them repaired."""

import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

import pytest

from migrator.clock import SystemClock
from migrator.config import PrometheusSignal
from migrator.pg.connection import Connection
from migrator.prometheus import look
from tests.backfill.holding import prepare, run_held
from tests.fix_server import Database

_BEGUN = {
    "never": b"",
    "headers": b"HTTP/1.1 200 OK\r\nX-Long: ",
    "body": b"HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n",
}
_PIECE_SECONDS = 0.05


@contextmanager
def dripping(begun: bytes, *, is_silent: bool = False) -> Generator[tuple[str, threading.Event]]:
    """Serve an address whose answers begin so and go on by one byte, until the event is set: then they are 204."""
    repaired, ended = threading.Event(), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            if repaired.is_set():
                self.request.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                return
            with suppress(OSError):
                self.request.sendall(begun)
                while not ended.wait(_PIECE_SECONDS):
                    self.request.sendall(b"" if is_silent else b"x")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", repaired
        finally:
            ended.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "case", ["body", *(pytest.param(each, marks=pytest.mark.thorough) for each in ("headers", "never"))]
)
def test_a_gate_that_was_repaired_is_asked_again(case: str, one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    with dripping(_BEGUN[case], is_silent=case == "never") as (url, repaired):
        run_held(one_database, one_connection, "http", "no answer", repaired.set, http=url)


@pytest.mark.parametrize("case", ["body", "headers"])
def test_a_look_at_prometheus_ends(case: str) -> None:
    with dripping(_BEGUN[case].replace(b"503 Busy", b"200 OK")) as (url, _):
        signal = PrometheusSignal.model_validate({"url": url, "query": "p99", "open_when": "< 1"})
        looked = look(signal, SystemClock(), timeout_seconds=0.1, attempts=1)
    assert looked.is_met is None
    assert "gave no answer" in looked.words
