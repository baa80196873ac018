"""`migrator baseline --up-to ID`: what the database had before it had this tool."""

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.running import load


@click.command(cls=Command)
@click.option("--up-to", required=True, metavar="ID", help="The last migration that the database has already.")
@click.option("--reason", default="", help="How you know; kept in the history.")
@pass_session
def baseline(session: Session, up_to: str, reason: str) -> None:
    """Record migrations as there already; runs nothing.

    Every migration up to ID becomes `baselined`, which is its end: it counts as done for those that depend on it.
    Refused when one of them has begun in this database.
    """
    from migrator.pg.connection import connect
    from migrator.phases.baseline import baseline as record
    from migrator.phases.pending import load_all
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    last = load(session, up_to).id
    with connect(session.dsn(), application_name="migrator/baseline") as connection:
        require_installed(connection)
        done = record(Store(connection, session.actor), load_all(session.settings.migrations), last, reason)
    lines = [f"{name} is baselined." for name in done.recorded] or ["All of them are there already."]
    session.show_change({"baselined": list(done.recorded), "there": list(done.there)}, lambda: "\n".join(lines))
