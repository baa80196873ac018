"""`migrator serve`: gates, metrics and the status page over HTTP."""

from importlib.util import find_spec
from pathlib import Path

import click

from migrator.cli.context import Command, Session, pass_session

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_NEEDED = ("starlette", "uvicorn", "jinja2")


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; who can reach it can read.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free port.")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Holds the token that writers must send; without it nothing can be written.",
)
@pass_session
def serve(session: Session, host: str, port: int, token_file: Path | None) -> None:
    """Serve gates, metrics and the status page over HTTP, until SIGTERM or Ctrl-C."""
    _require_extra()
    from migrator.cli.running import stop_on_signal
    from migrator.clock import SystemClock
    from migrator.web.inbound import read_token
    from migrator.web.server import Site, serving

    clock = SystemClock()
    token = read_token(token_file) if token_file else None
    site = Site(host, port, session.env or "", f"{session.actor} (migrator serve)", token)
    with (
        stop_on_signal(clock.stop, session),
        serving(session.dsn(), session.settings.only(session.env), site, clock) as url,
    ):
        session.show({"url": url}, lambda: url)
        if host not in _LOOPBACK:
            session.tell(f"Everybody who can reach {host} can read the state of every migration.")
        clock.stop.wait()


def _require_extra() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        from migrator.errors import InputError

        raise InputError(
            f"migrator serve needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.",
            'Install the extra: pip install "migrator[web]".',
        )
