"""`migrator backfill pause|resume|cancel|set|panic`: what an operator asks of backfills, from any host.

Only the database is needed. TARGET is a migration's id, a part of it, or a backfill's own name.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from migrator.backfill.control import Targets

_TARGET = click.argument("target", metavar="TARGET")
_NAME = click.argument("name", metavar="[NAME]", required=False)
_REASON = click.option("--reason", default="", help="Shown to everybody who asks why it does not run.")


@click.command(cls=Command)
@_TARGET
@_NAME
@_REASON
@pass_session
def pause(session: Session, target: str, name: str | None, reason: str) -> None:
    """Pause a running backfill within one batch, from any host."""
    from migrator.phases.control import pause_backfill

    found = pause_backfill(session.dsn(), target, name, session.actor, reason)
    _tell(session, "paused", found)


@click.command(cls=Command)
@_TARGET
@_NAME
@pass_session
def resume(session: Session, target: str, name: str | None) -> None:
    """Let a paused backfill go on, or a cancelled one be run again."""
    from migrator.phases.control import resume_backfill

    found = resume_backfill(session.dsn(), target, name, session.actor)
    _tell(session, "resumed", found)


@click.command(cls=Command)
@_TARGET
@_NAME
@_REASON
@pass_session
def cancel(session: Session, target: str, name: str | None, reason: str) -> None:
    """End a backfill's runs within one batch; none begins again until it is resumed."""
    from migrator.phases.control import cancel_backfill

    found = cancel_backfill(session.dsn(), target, name, session.actor, reason)
    _tell(session, "cancelled", found)


@click.command(cls=Command)
@_TARGET
@_NAME
@_REASON
@pass_session
def restart(session: Session, target: str, name: str | None, reason: str) -> None:
    """Let a backfill that has not ended begin again from the first key, with the next `backfill run`.

    For one whose table was rewritten or made again, or whose key was changed. Rows that are set aside are forgotten;
    without a `where`, rows that are done are set once more.
    """
    from migrator.phases.control import restart_backfill

    found = restart_backfill(session.dsn(), target, name, session.actor, reason)
    _tell(session, "restarted", found)


@click.command("set", cls=Command)
@_TARGET
@click.argument("words", metavar="[NAME] KEY=VALUE...", nargs=-1, required=True)
@pass_session
def change(session: Session, target: str, words: tuple[str, ...]) -> None:
    """Change what a backfill runs by, within one batch: max_lag=1s nice=0.5 target_batch=100ms batch_size=2000.

    Every scalar setting of [backfill] can be set. It outlives the run; KEY= gives back what is configured.
    """
    from migrator.backfill.control import read_assignments
    from migrator.phases.control import change_backfill

    name = None if "=" in words[0] else words[0]
    values = read_assignments(words if name is None else words[1:])
    found, params = change_backfill(session.dsn(), target, name, session.actor, values)
    lines = [f"{each}: {_in_words(params.get(each, {}))}" for each in found.names]
    session.show_change({"migration": found.migration, "params": params}, lambda: "\n".join(lines))


@click.command(cls=Command)
@_REASON
@click.option("--end", is_flag=True, help="Let backfills run again.")
@pass_session
def panic(session: Session, reason: str, end: bool) -> None:
    """Stop all backfills of the database within one batch; none begins again until `panic --end`."""
    from migrator.phases.control import panic_backfills

    panic_backfills(session.dsn(), session.actor, reason, is_end=end)
    words = "Backfills may be run again." if end else "All backfills stop. `migrator backfill panic --end` ends this."
    session.show_change({"is_panic": not end}, lambda: words)


def _tell(session: Session, done: str, found: "Targets") -> None:
    data = {"migration": found.migration, done: list(found.names)}
    session.show_change(data, lambda: f"{done.capitalize()}: {', '.join(found.names)} of {found.migration}.")


def _in_words(params: Mapping[str, object]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(params.items())) or "as configured"
