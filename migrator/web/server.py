"""Runs the application in uvicorn until a stop is requested: requests under way are answered, then it ends."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from migrator.clock import Clock
from migrator.config import Settings
from migrator.errors import ConfigError
from migrator.web.answers import Answers
from migrator.web.app import Views, make_app
from migrator.web.board import Boards
from migrator.web.database import Database
from migrator.web.fresh import KEPT_SECONDS, Fresh
from migrator.web.inbound import Token
from migrator.web.page import Page

_LAST_ANSWERS_SECONDS = 3
"""How long requests under way may take after a request to stop; load balancers have moved on by then."""
_START_SECONDS = 30.0
_END_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server listens, and what it calls itself."""

    host: str = "127.0.0.1"
    """Everybody who can reach it can read everything."""
    port: int = 0
    """0 takes any free port."""
    environment: str = ""
    """The name that operators know the database by."""
    actor: str = "migrator serve"
    """Who records what deploy systems tell."""
    token: Token | None = None
    """What writers must show; nothing can be written without one."""
    kept_seconds: float = KEPT_SECONDS
    """For how long an evaluation is kept."""


@contextmanager
def serving(dsn: str, settings: Settings, site: Site, clock: Clock) -> Generator[str]:
    """Serve while the block runs; give the address.

    Raises:
        ConfigError: nobody may listen there.
    """
    listener = _listen(site.host, site.port)
    database = Database(dsn)
    answers = Answers(database, settings, Fresh(clock, site.kept_seconds))
    boards = Boards(database, settings, answers, Fresh(clock, site.kept_seconds), clock)
    app = make_app(Views(answers, boards, Page(site.environment), database, site.actor, site.token))
    with listener, _running(app, listener, clock, database):
        shown = f"[{site.host}]" if ":" in site.host else site.host
        yield f"http://{shown}:{listener.getsockname()[1]}"


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as exc:
        todo = "Choose another --port (0 takes any that is free) or --host."
        raise ConfigError(f"{host}:{port} cannot be listened on: {exc}.", todo) from exc


@contextmanager
def _running(app: ASGIApp, listener: socket.socket, clock: Clock, database: Database) -> Generator[None]:
    """Run uvicorn in a thread: there it leaves the signals to us, whose answer to them is the same everywhere."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    try:
        _await_start(server, thread, clock)
        yield
    finally:
        server.should_exit = True
        database.close()
        thread.join(_END_SECONDS)


def _await_start(server: uvicorn.Server, thread: threading.Thread, clock: Clock) -> None:
    until = clock.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or clock.monotonic() > until:
            raise ConfigError("The web server did not start.", "Its own words stand above.")
        clock.wait(0.01, "the web server starts")
