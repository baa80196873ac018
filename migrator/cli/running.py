"""Everything a run needs around the engine: signals, listeners, metrics; taken down again at its end."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Session
from migrator.clock import SystemClock
from migrator.errors import NotYet, Refused, Stopped
from migrator.events import Events, Listener

if TYPE_CHECKING:
    from migrator.phases.engine import Engine
    from migrator.phases.folder import Migration

_STDERR = 2
_ADDRESS = "migrator.metrics_address"
"""Where the context keeps the address: an option of how, not of what, so that commands need not hand it on."""
_LOOPBACK = "127.0.0.1"


def metrics_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --metrics-port, --metrics-address and --metrics-textfile to a command that runs something."""
    served = "Serve Prometheus metrics here while this runs; 0 takes any free port."
    port = click.option("--metrics-port", type=click.IntRange(0, 65535), help=served)
    host = click.option(
        "--metrics-address",
        default=_LOOPBACK,
        show_default=True,
        metavar="HOST",
        help="Interface of --metrics-port; 0.0.0.0 in a pod. Whoever reaches it may read it.",
        expose_value=False,
        callback=_keep_address,
    )
    path = click.Path(dir_okay=False, path_type=Path)
    file = click.option("--metrics-textfile", type=path, help="Write Prometheus metrics here at the end.")
    return port(host(file(command)))


def _keep_address(context: click.Context, _: click.Parameter, value: str) -> None:
    context.meta[_ADDRESS] = value


def migration_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument ID: the folder's name or an unambiguous part of it."""
    return click.argument("migration_id", metavar="ID")(command)


def load(session: Session, migration_id: str) -> "Migration":
    """Return the migration that ID names in the configured folder."""
    from migrator.phases.folder import find_migration, load_migration

    return load_migration(find_migration(session.settings.migrations, migration_id))


@contextmanager
def running(session: Session, *, metrics_port: int | None, metrics_textfile: Path | None) -> Generator["Engine"]:
    """Give an engine whose clock stops on the first SIGINT or SIGTERM, with progress on stderr and metrics."""
    from migrator.backfill.progress import progress_listener
    from migrator.cli.console import console_listener
    from migrator.phases.engine import Engine

    clock = SystemClock()
    events = Events()
    with contextlib.ExitStack() as stack:
        stack.enter_context(stop_on_signal(clock.stop, session))
        events.add(console_listener(verbosity=session.verbosity))
        if session.verbosity >= 0:
            events.add(stack.enter_context(progress_listener(clock)))
        if metrics_port is not None or metrics_textfile is not None:
            events.add(stack.enter_context(_metrics(session, metrics_port, metrics_textfile)))
        try:
            yield Engine(session.dsn(), session.settings.only(session.env), clock, events, session.actor)
        except (NotYet, Refused, Stopped):  # what was done before is in the audit
            session.tell_tip(session.audit_tip())
            raise


@contextmanager
def _metrics(session: Session, port: int | None, textfile: Path | None) -> Generator[Listener]:
    """Give the listener that measures; a file that cannot be written is found before anything runs."""
    from migrator.metrics import Metrics, serve, write_textfile

    metrics = Metrics()
    with contextlib.ExitStack() as stack:
        if textfile is not None:
            write_textfile(metrics.registry, textfile)
            stack.callback(write_textfile, metrics.registry, textfile)
        if port is not None:
            address = str(click.get_current_context().meta.get(_ADDRESS, _LOOPBACK))
            served = stack.enter_context(serve(metrics.registry, port, address))
            host = f"[{address}]" if ":" in address else address
            session.tell(f"Metrics: http://{host}:{served}/metrics")
        yield metrics


@contextmanager
def stop_on_signal(stop: threading.Event, session: Session) -> Generator[None]:
    """Ask for a stop on the first signal; a second one interrupts at once."""

    def handle(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        _tell_at_once(session, f"{signal.Signals(number).name}: stopping at the next safe point (again: at once).")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell_at_once(session: Session, message: str) -> None:
    """Write past Python's buffers: a handler may run in the middle of a write, and that cannot be entered twice."""
    if session.verbosity >= 0:
        with contextlib.suppress(OSError):
            os.write(_STDERR, f"{message}\n".encode())
