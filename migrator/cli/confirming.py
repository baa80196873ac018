"""`--yes`, `--plan-id` and the question at a terminal: how every command that removes something is confirmed."""

import sys
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Session

if TYPE_CHECKING:
    from migrator.phases.confirmation import Ask
    from migrator.phases.folder import Migration
    from migrator.phases.losses import Loss


def plan_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --plan-id and --yes to a command that runs one phase."""
    plan = click.option("--plan-id", metavar="PLAN", help="Run exactly this plan of `migrator plan ID`, or refuse.")
    return plan(sure_option(command))


def sure_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --yes."""
    text = "With --plan-id: what the plan removes may go; nobody is asked."
    return click.option("--yes", "is_sure", is_flag=True, help=text)(command)


def terminal(session: Session) -> "Ask | None":
    """Return the question, or None where nobody sits at a terminal."""
    return _ask if sys.stdin.isatty() and not session.is_json else None


def confirmed(
    session: Session,
    migration: "Migration",
    command: str,
    plan_ids: Sequence[str],
    *,
    is_sure: bool,
    among: "Collection[Loss] | None" = None,
) -> str | None:
    """Return the plan id to run by, after whoever is there has confirmed what is removed for good."""
    from migrator.pg.connection import connect
    from migrator.phases.confirmation import Answer, confirmed_phase, phase_ahead
    from migrator.phases.losses import kept_by_abort
    from migrator.state.install import require_installed

    answer = Answer(tuple(plan_ids), is_sure, terminal(session))
    with connect(session.dsn(), application_name="migrator/confirm") as connection:
        require_installed(connection)
        plan = confirmed_phase(connection, migration, command, answer, among)
        is_abort = command == "abort" and phase_ahead(connection, migration, command) is not None
        kept = kept_by_abort(connection, migration) if is_abort else ()
        if kept:
            told = "which holds nothing" if len(kept) == 1 else "which hold nothing"
            session.tell(f"The abort drops {', '.join(map(str, kept))}, {told} that is not in what stays.")
        return plan


def _ask(question: str) -> str:
    answer: str = click.prompt(question, err=True)
    return answer
