"""What the tests of single throttles share: a backfill that one throttle alone holds back, and that goes on after."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from migrator.backfill import control
from migrator.backfill.runner import BackfillRunner
from migrator.clock import Clock
from migrator.errors import DatabaseFailed
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import DatabaseError
from tests.backfill.scenes import (
    MIGRATION,
    Background,
    Heard,
    install_state,
    make_table,
    request,
    spec,
    touched,
)
from tests.fix_server import Database, wait_until

PACE: dict[str, Any] = {"batch_size": 100, "target_batch": "20ms", "max_lag": "1h"}
ROWS = 300


def prepare(connection: Connection) -> None:
    """Install our schema and make the table that is backfilled."""
    install_state(connection)
    make_table(connection, "integer", ROWS)


def stored_reason(connection: Connection) -> str:
    """Return why the backfill waits, as everybody can read it."""
    rows = control.status(connection, MIGRATION)
    return (rows[0]["throttled_by"] or "") if rows else ""


def run_held(
    database: Database,
    connection: Connection,
    throttle: str,
    reason: str,
    let_go: Callable[[], object],
    *,
    clock: Clock | None = None,
    **limits: Any,
) -> Heard:
    """Run a backfill that must wait before its first batch, for that throttle alone, until `let_go` is called."""
    heard = Heard()
    run = Background(
        BackfillRunner(request(database.dsn, spec(limits=PACE | limits), heard, throttles=None, clock=clock))
    )
    try:
        wait_until(lambda: reason in stored_reason(connection), f"it waits because {reason}")
        assert touched(connection) == {0: ROWS}
        assert run.thread.is_alive()
    finally:
        let_go()
    run.result()
    assert touched(connection) == {1: ROWS}
    # On a machine without time a look may come late, which rightly holds the backfill back as well.
    told = [event.data for event in heard.of(EventKind.BACKFILL_PAUSED)]
    paused = {str(data["throttle"]) for data in told if "the last look was" not in str(data["reason"])}
    assert paused == {throttle}
    resumed = heard.of(EventKind.BACKFILL_RESUMED)[0]
    assert resumed.data["throttle"] == throttle
    assert stored_reason(connection) == ""
    return heard


@contextmanager
def busy(dsn: str, statement: str, application: str = "app") -> Generator[Callable[[], None]]:
    """Run a statement again and again on a session of its own; give what cancels it."""
    ended = threading.Event()
    with connect(dsn, application_name=application) as session:

        def work() -> None:
            while not ended.is_set():
                with suppress(DatabaseError, DatabaseFailed):
                    session.execute(statement.encode())

        def cancel() -> None:
            ended.set()
            while thread.is_alive():
                session.cancel_safe()
                thread.join(0.05)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield cancel
        finally:
            cancel()


@dataclass
class Gate:
    """An HTTP server that answers what a test has set."""

    status: int = 200
    body: object = ""
    asked: list[str] = field(default_factory=list[str])
    url: str = ""


@contextmanager
def a_gate() -> Generator[Gate]:
    """Serve a gate on a free port."""
    gate = Gate()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gate.asked.append(self.path)
            body = gate.body if isinstance(gate.body, str) else json.dumps(gate.body)
            self.send_response(gate.status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    gate.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield gate
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
