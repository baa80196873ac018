"""`migrator repair ID`: accept files that changed after they were recorded, when somebody has reviewed the change."""

from typing import TYPE_CHECKING

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.running import load, migration_argument, running

if TYPE_CHECKING:
    from migrator.phases.repair import Repaired


@click.command(cls=Command)
@migration_argument
@click.option("--reason", required=True, help="Who reviewed the change and why it is right; kept for ever.")
@click.option("--accept-ran", is_flag=True, help="Also where a statement of an ended phase has another text now.")
@pass_session
def repair(session: Session, migration_id: str, reason: str, accept_ran: bool) -> None:
    """Accept files that changed after they were recorded.

    What has not run may be changed freely. A statement that ran may not: restore it. Once its phase has ended,
    --accept-ran takes the new text for the same thing (a comment, another layout); nothing runs again.
    """
    migration = load(session, migration_id)
    with running(session, metrics_port=None, metrics_textfile=None) as engine:
        done = engine.repair(migration, reason, accept_ran=accept_ran)
    files = {name: {"from": was, "to": now} for name, (was, now) in done.files.items()}
    session.show_change({"migration": done.migration, "files": files, "ran": list(done.ran)}, lambda: _text(done))


def _text(done: "Repaired") -> str:
    if not done.files:
        return f"The files of {done.migration} are as they were recorded: there is nothing to repair."
    ran = "".join(f"\n  ran with another text: {words}" for words in done.ran)
    return f"Accepted: {', '.join(sorted(done.files))} of {done.migration}.{ran}"
