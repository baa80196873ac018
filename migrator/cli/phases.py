"""`migrator migrate|abort|resume`: one engine call each; expand and contract ask for more and have their own files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.confirming import confirmed, plan_options
from migrator.cli.context import Command, Session, pass_session
from migrator.cli.running import load, metrics_options, migration_argument, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrator.phases.engine import Engine, Outcome
    from migrator.phases.folder import Migration

_NEXT = {
    "expanded": "Next: deploy code that works with both shapes, then `migrator migrate {id}`.",
    "migrated": "Next: deploy code that needs only the new shape; `migrator gate {id}` says what is missing.",
    "complete": "Nothing is left to do.",
    "baselined": "It was in this database before this tool.",
    "aborted": "The schema is as before; `migrator expand {id}` starts again.",
}


def _phase(name: str, doc: str, act: "Callable[[Engine, Migration, str | None], Outcome]") -> click.Command:
    @click.command(name, cls=Command, help=doc)
    @migration_argument
    @plan_options
    @click.option("--dry-run", is_flag=True, help="Show the plan of this phase and change nothing.")
    @metrics_options
    @pass_session
    def command(
        session: Session,
        migration_id: str,
        plan_id: str | None,
        is_sure: bool,
        dry_run: bool,
        metrics_port: int | None,
        metrics_textfile: Path | None,
    ) -> None:
        migration = load(session, migration_id)
        if dry_run:
            from migrator.cli.plan import show_plan

            show_plan(session, migration, None if name == "resume" else name)
            return
        plan = confirmed(session, migration, name, [plan_id] if plan_id else [], is_sure=is_sure)
        with running(session, metrics_port=metrics_port, metrics_textfile=metrics_textfile) as engine:
            outcome = act(engine, migration, plan)
        show_outcome(session, name, outcome)

    return command


def show_outcome(session: Session, command: str, outcome: "Outcome") -> None:
    """Print where the migration was and is, and what comes next."""
    session.show_change(as_data(outcome), lambda: _text(command, outcome))


def as_data(outcome: "Outcome") -> dict[str, Any]:
    """Return the outcome as it is printed as JSON."""
    return {"migration": outcome.migration, "before": outcome.before.value, "state": outcome.after.value}


def _text(command: str, outcome: "Outcome") -> str:
    state = outcome.after.value
    hint = _NEXT.get(state, "").format(id=outcome.migration)
    if outcome.before is not outcome.after:
        return f"{outcome.migration} is now {state}. {hint}"
    if command == "resume":
        return f"{outcome.migration} is {state}: there is nothing to resume. {hint}"
    return f"{outcome.migration} is {state} already. {hint}"


migrate = _phase(
    "migrate",
    "Run the backfills, prove them, then run migrate.sql and verify.sql. Data that migrate.sql removes for good is "
    "confirmed first, as by `expand`.",
    lambda engine, migration, plan: engine.migrate(migration, plan),
)
abort = _phase(
    "abort",
    "Run abort.sql: the schema is as before expand. What it drops is confirmed first, as by `expand`, when it holds "
    "values that are nowhere else: a new column that no trigger keeps equal to an old one.",
    lambda engine, migration, plan: engine.abort(migration, plan),
)
resume = _phase(
    "resume",
    "Go on with the phase that was interrupted.",
    lambda engine, migration, plan: engine.resume(migration, plan),
)
