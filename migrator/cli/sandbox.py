"""`migrator sandbox up|url|down`: a private primary with streaming replicas for a person who wants to play."""

import json
from collections.abc import Sequence

import click

from migrator.cli.context import Command, Session, pass_session


@click.group()
def sandbox() -> None:
    """Start a private primary with streaming replicas to play with."""


@sandbox.command(cls=Command)
@click.option("--detach", is_flag=True, help="Return at once; `migrator sandbox down` removes it.")
@click.option("--replicas", type=click.IntRange(min=0), help="Number of streaming replicas.  [default: 1]")
@click.option("--pg-version", type=int, help="Major version of the server.  [default: the newest found]")
@pass_session
def up(session: Session, detach: bool, replicas: int | None, pg_version: int | None) -> None:
    """Start a sandbox and print its connection strings; without --detach it lives until Ctrl-C."""
    from migrator.sandbox import detached
    from migrator.sandbox.cluster import Cluster
    from migrator.sandbox.foreground import wait_for_stop
    from migrator.sandbox.programs import choose_programs

    if detach:
        made, is_new = detached.up(replicas, pg_version)
        session.tell("Started; `migrator sandbox down` removes it." if is_new else "A sandbox is already up.")
        _show(session, made.primary, made.replicas)
        return
    with Cluster(choose_programs(pg_version), 1 if replicas is None else replicas) as cluster:
        _show(session, cluster.primary.dsn, [replica.dsn for replica in cluster.replicas])
        session.tell("Ctrl-C stops the servers and removes everything.")
        wait_for_stop()


@sandbox.command(cls=Command)
@click.option("--replica", type=click.IntRange(min=1), help="That of this replica, counted from 1.")
@pass_session
def url(session: Session, replica: int | None) -> None:
    """Print the connection string of the detached sandbox's primary, or of a replica."""
    from migrator.sandbox import detached

    dsn = detached.current().dsn(replica)
    session.show({"url": dsn}, lambda: dsn)


@sandbox.command(cls=Command)
@pass_session
def down(session: Session) -> None:
    """Stop the detached sandbox and remove everything of it; no harm when there is none."""
    from migrator.sandbox import detached

    was_up = detached.down()
    session.show({"was_up": was_up}, lambda: "The sandbox is gone." if was_up else "No sandbox is up.")


def _show(session: Session, primary: str, replicas: Sequence[str]) -> None:
    """Print the connection strings; as JSON with exactly these keys, which scripts read."""
    if session.is_json:
        click.echo(json.dumps({"primary": primary, "replicas": list(replicas)}))
        return
    click.echo(f"primary   {primary}")
    for number, dsn in enumerate(replicas, 1):
        click.echo(f"replica{number}  {dsn}")
