"""`migrator deploy record|list`: what any deploy system tells, for the gates."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from migrator.deploys.deployments import DeployRecord, DeployStatus

_SERVICE = "The service, as in [services.NAME] and in heartbeats."


@click.group()
def deploy() -> None:
    """Record and list the deploys of services."""


@deploy.command(cls=Command)
@click.option("--service", required=True, help=_SERVICE)
@click.option("--version", required=True, help="The version that was deployed, or rolled back to.")
@click.option(
    "--status",
    type=click.Choice(["started", "finished", "failed"]),
    default="finished",
    show_default=True,
    help="How far it is; gates look at finished ones.",
)
@click.option("--sha", help="The commit of its code.")
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="When, with a time zone; now if left out.")
@pass_session
def record(
    session: Session, service: str, version: str, status: "DeployStatus", sha: str | None, at: datetime | None
) -> None:
    """Record that a version was deployed."""
    from migrator.deploys.deployments import record_deploy
    from migrator.pg.connection import connect
    from migrator.pg.failures import translated
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    with (
        connect(session.dsn(), application_name="migrator/deploy") as connection,
        translated("Recording the deploy"),
    ):
        require_installed(connection)
        record_deploy(Store(connection, session.actor), service, version, status, sha, at)
    data = {"service": service, "version": version, "status": status, "sha": sha}
    session.show_change(data, lambda: f"Recorded: {service} {version} {status}.")


@deploy.command("list", cls=Command)
@click.option("--service", help="Only this service.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, newest first.")
@pass_session
def list_(session: Session, service: str | None, limit: int) -> None:
    """List the newest deploys."""
    from dataclasses import asdict

    from migrator.deploys.deployments import list_deploys
    from migrator.pg.connection import connect
    from migrator.state.install import require_installed

    with connect(session.dsn(), application_name="migrator/deploy") as connection:
        require_installed(connection)
        found = list_deploys(connection, service, limit)
    session.show({"deploys": [asdict(each) for each in found]}, lambda: _text(found))


def _text(found: "tuple[DeployRecord, ...]") -> str:
    lines = [f"{d.deployed_at:%Y-%m-%d %H:%M:%S %Z}  {d.service} {d.version}  {d.status}  ({d.actor})" for d in found]
    return "\n".join(lines) or "No deploy is recorded."
