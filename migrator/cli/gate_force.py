"""`migrator gate force ID GATE`: a gate that is not open counts as open, with the approval of two people."""

from dataclasses import asdict
from pathlib import Path

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.default_group import DefaultGroup
from migrator.cli.gate import gate as show
from migrator.cli.running import load, migration_argument


@click.group(cls=DefaultGroup, default="show", commands={"show": show})
def gate() -> None:
    """Show what a phase waits for (`migrator gate ID`), or force a gate."""


@gate.command(cls=Command)
@migration_argument
@click.argument("name", metavar="GATE")
@click.option("--reason", required=True, help="Why it cannot wait, in 10 characters or more; shown for ever.")
@click.option(
    "--approval",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The JSON result of `migrator coupling check` on a pull request that asks for this and is approved.",
)
@pass_session
def force(session: Session, migration_id: str, name: str, reason: str, approval: Path) -> None:
    """Let a gate of the contract pass although it is not open; two people must have approved it.

    The pull request says `Force-Gate: ID GATE CHECKSUM` in its description or in a trailer of its head commit, and two
    people other than its authors and you have approved that commit. It counts for the contract as it is now.
    """
    from migrator.coupling.permission import approval_in
    from migrator.pg.connection import connect
    from migrator.phases.forcing import Permission, force_gate
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    migration = load(session, migration_id)
    wanted = (migration.id, name, migration.contract_checksum)
    given = approval_in(approval, wanted, actor=session.actor, policy=session.settings.coupling.override)
    with connect(session.dsn(), application_name="migrator/force") as connection:
        require_installed(connection)
        settings = session.settings.only(session.env)
        store = Store(connection, session.actor)
        forced = force_gate(store, settings, migration, name, reason=reason, permission=Permission(**asdict(given)))
    session.show_change(asdict(forced), lambda: f"The gate {name} of {migration.id} was {forced.words}.")
