"""`migrator heartbeat`: a sidecar that says which version of a service is alive."""

import click

from migrator.cli.context import Command, Session, pass_session


@click.command(cls=Command)
@click.option("--service", required=True, help="The service, as in [services.NAME].")
@click.option("--version", required=True, help="The version that runs beside this.")
@click.option("--instance", help="Tells instances of a service apart; the host's name if left out.")
@click.option("--interval", type=click.FloatRange(1, 3600), default=15, show_default=True, help="Seconds between two.")
@click.option("--once", is_flag=True, help="Say it once and end.")
@pass_session
def heartbeat(session: Session, service: str, version: str, instance: str | None, interval: float, once: bool) -> None:
    """Say every few seconds that this version is alive.

    Until SIGTERM; needs only the right to call the function.
    """
    from contextlib import suppress

    from migrator.cli.running import stop_on_signal
    from migrator.clock import SystemClock
    from migrator.deploys.heartbeat import Sign, beat_once, keep_beating
    from migrator.errors import Stopped

    sign = Sign(service, version, instance) if instance else Sign(service, version)
    if once:
        beat_once(session.dsn(), sign)
    else:
        clock = SystemClock()
        with stop_on_signal(clock.stop, session), suppress(Stopped):
            keep_beating(session.dsn(), sign, interval, clock)
    data = {"service": service, "version": version, "instance": sign.instance}
    session.show(data, lambda: f"{service} {version} ({sign.instance}) gives no more heartbeats.")
