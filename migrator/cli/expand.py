"""`migrator expand ID|--all`: one expand, or everything that is pending in its order."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.confirming import confirmed, sure_option
from migrator.cli.context import Command, Session, pass_session
from migrator.cli.phases import as_data, show_outcome
from migrator.cli.running import load, metrics_options, running
from migrator.errors import InputError

if TYPE_CHECKING:
    from migrator.phases.folder import Migration
    from migrator.phases.losses import Loss
    from migrator.phases.pending import Expanded, WouldRun

_PLAN = "Run exactly this plan of `migrator plan ID`, or refuse; with --all once for each migration that is confirmed."


@click.command(cls=Command)
@click.argument("migration_id", metavar="[ID]", required=False)
@click.option("--all", "is_all", is_flag=True, help="Every migration that is pending, then the changed R__*.sql files.")
@click.option("--plan-id", "plan_ids", metavar="PLAN", multiple=True, help=_PLAN)
@sure_option
@click.option("--dry-run", is_flag=True, help="Show what would run and change nothing.")
@metrics_options
@pass_session
def expand(
    session: Session,
    migration_id: str | None,
    is_all: bool,
    plan_ids: tuple[str, ...],
    is_sure: bool,
    dry_run: bool,
    metrics_port: int | None,
    metrics_textfile: Path | None,
) -> None:
    """Run expand.sql: old and new code both work afterwards.

    With --all it expands everything that is pending: what others depend on first, then in the order of the names. It
    stops at the first failure and says what was done; run again, it goes on there.

    What is removed with its data (a table, a column, all rows of a table) is confirmed first: on a terminal by typing
    its name, elsewhere by --yes with the --plan-id that the refusal and `migrator plan ID` show. With --all that is
    only what was there before: a new database is built without a question.
    """
    if (migration_id is None) is not is_all:
        raise InputError("Give either the ID of one migration or --all.", "`migrator status` lists the ids.")
    if dry_run:
        _show_plan(session, migration_id)
        return
    migration = load(session, migration_id) if migration_id else None
    plan = confirmed(session, migration, "expand", plan_ids, is_sure=is_sure) if migration else None
    with running(session, metrics_port=metrics_port, metrics_textfile=metrics_textfile) as engine:
        if migration is not None:
            show_outcome(session, "expand", engine.expand(migration, plan))
            return
        from migrator.phases.pending import expand_all

        def confirm(item: "Migration", losses: "tuple[Loss, ...]") -> str | None:
            return confirmed(session, item, "expand", plan_ids, is_sure=is_sure, among=losses)

        done = expand_all(engine, session.settings.migrations, session.tell, confirm)
    show = session.show_change if done.migrations or done.repeatables else session.show
    show(_data(done), lambda: _text(done))


def _show_plan(session: Session, migration_id: str | None) -> None:
    if migration_id is not None:
        from migrator.cli.plan import show_plan

        show_plan(session, load(session, migration_id), "expand")
        return
    from migrator.phases.pending import would_run

    ahead, files = would_run(session.dsn(), session.settings.migrations)
    removes = {item.name: [str(loss) for loss in item.losses] for item in ahead if item.losses}
    names = {"pending": [item.name for item in ahead], "repeatables": [item.name for item in files]}
    lines = [f"would run {item.name}{_losses(item)}" for item in (*ahead, *files)]
    session.show({**names, "removes": removes}, lambda: "\n".join(lines) or "Nothing is pending.")


def _losses(item: "WouldRun") -> str:
    return f"\n  removes {', '.join(map(str, item.losses))} for good: that is confirmed first" if item.losses else ""


def _data(done: "Expanded") -> dict[str, Any]:
    repeatables = [{"name": item.name, "why": item.why} for item in done.repeatables]
    return {"expanded": [as_data(outcome) for outcome in done.migrations], "repeatables": repeatables}


def _text(done: "Expanded") -> str:
    lines = [f"{outcome.migration} is now {outcome.after.value}." for outcome in done.migrations]
    lines += [f"{item.name} ran: it is {item.why}." for item in done.repeatables]
    return "\n".join(lines) or "Nothing was pending."
