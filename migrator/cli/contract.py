"""`migrator contract ID`: the gates, the confirmation of what is removed, then contract.sql."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.confirming import plan_options, terminal
from migrator.cli.context import Command, Session, pass_session
from migrator.cli.phases import show_outcome
from migrator.cli.running import load, metrics_options, migration_argument, running

if TYPE_CHECKING:
    from migrator.phases.folder import Migration


@click.command(cls=Command)
@migration_argument
@plan_options
@click.option("--dry-run", is_flag=True, help="Show the plan of this phase and change nothing.")
@metrics_options
@pass_session
def contract(
    session: Session,
    migration_id: str,
    plan_id: str | None,
    is_sure: bool,
    dry_run: bool,
    metrics_port: int | None,
    metrics_textfile: Path | None,
) -> None:
    """Ask the gates; when all are open, run contract.sql. There is no way back from its first statement.

    What is removed for good is confirmed first: on a terminal by typing its name, elsewhere by --yes with the
    --plan-id that `migrator plan ID --phase contract` shows.
    """
    migration = load(session, migration_id)
    if dry_run:
        from migrator.cli.plan import show_plan

        show_plan(session, migration, "contract")
        return
    plan = _confirmed(session, migration, plan_id, is_sure=is_sure)
    with running(session, metrics_port=metrics_port, metrics_textfile=metrics_textfile) as engine:
        outcome = engine.contract(migration, plan)
    show_outcome(session, "contract", outcome)


def _confirmed(session: Session, migration: "Migration", plan_id: str | None, *, is_sure: bool) -> str | None:
    from migrator.pg.connection import connect
    from migrator.phases.confirmation import confirmed_plan
    from migrator.state.install import require_installed

    with connect(session.dsn(), application_name="migrator/confirm") as connection:
        require_installed(connection)
        settings = session.settings.only(session.env)
        return confirmed_plan(connection, settings, migration, wanted=plan_id, is_sure=is_sure, ask=terminal(session))
