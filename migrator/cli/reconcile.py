"""`migrator reconcile [ID]`: the records compared with the catalog, and what is done about it."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import FINDINGS
from migrator.cli.running import load, stop_on_signal
from migrator.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator

    from migrator.phases.differences import Difference
    from migrator.phases.reconcile import Reconciler


@click.command(cls=Command)
@click.argument("migration_id", metavar="[ID]", required=False)
@click.option("--apply", "is_applied", is_flag=True, help="Do what the catalog proves and what blocks nobody.")
@click.option("--cancel-orphan", is_flag=True, help="Cancel what the session of a dead runner still does for ID.")
@click.option("--step", type=click.IntRange(min=1), help="Say what happened to this step of ID; needs --reason.")
@click.option("--phase", type=click.Choice(["expand", "migrate", "contract", "abort"]), help="The phase of --step.")
@click.option("--done/--not-done", "is_done", default=None, help="Whether the step did its work.")
@click.option("--reason", help="What was looked at, in 10 characters or more; kept for ever.")
@pass_session
def reconcile(
    session: Session,
    migration_id: str | None,
    is_applied: bool,
    cancel_orphan: bool,
    step: int | None,
    phase: str | None,
    is_done: bool | None,
    reason: str | None,
) -> None:
    """Compare the records with the catalog; exit 1 when they differ.

    Finds steps whose record does not tell what happened, steps whose effect is gone, sessions of dead runners that
    still work, INVALID indexes, and triggers and functions of ours that no open migration needs. Changes nothing
    without --apply, --cancel-orphan or --step. `migrator resume` puts the steps of one migration right by itself.
    """
    if (cancel_orphan or step is not None) and migration_id is None:
        raise InputError("--cancel-orphan and --step are about one migration.", "Give its ID.")
    with _reconciler(session) as acting:
        acts: list[str] = []
        if cancel_orphan and migration_id:
            acts += [f"cancelled {orphan}" for orphan in acting.cancel_orphans(load(session, migration_id).id)]
        if step is not None and migration_id:
            acts += [_decide(acting, load(session, migration_id).id, phase, step, is_done=is_done, reason=reason)]
        found = _differences(session, migration_id)
        if is_applied:
            acts += [f"{item.subject} of {item.migration}: {item.action}" for item in acting.apply(found)]
            found = _differences(session, migration_id)
    data = {"differences": [_data(item) for item in found], "done": acts}
    show = session.show_change if acts else session.show
    show(data, lambda: _text(found, acts))
    click.get_current_context().exit(FINDINGS if found else 0)


def _decide(
    acting: "Reconciler", migration: str, phase: str | None, step: int, *, is_done: bool | None, reason: str | None
) -> str:
    if is_done is None or reason is None:
        raise InputError("--step needs --done or --not-done, and a --reason.", "Say what happened and how you know.")
    record = acting.decide(migration, phase, step, is_done=is_done, reason=reason)
    return f"step {record.number} of {record.phase} is recorded as {'done' if is_done else 'not done'}"


@contextmanager
def _reconciler(session: Session) -> "Generator[Reconciler]":
    from migrator.clock import SystemClock
    from migrator.phases.reconcile import Reconciler

    clock = SystemClock()
    with stop_on_signal(clock.stop, session):
        yield Reconciler(session.dsn(), session.settings.locks, clock, session.actor)


def _differences(session: Session, migration_id: str | None) -> "tuple[Difference, ...]":
    from migrator.pg.connection import connect
    from migrator.phases.differences import find_differences
    from migrator.phases.reconcile import readable
    from migrator.state.install import require_installed

    chosen = load(session, migration_id) if migration_id else None
    migrations, problems = readable(session.settings.migrations)
    for problem in problems:
        session.tell(f"not compared: {problem}")
    with connect(session.dsn(), application_name="migrator/reconcile") as connection:
        require_installed(connection)
        found = find_differences(connection, migrations)
    return tuple(item for item in found if chosen is None or item.migration == chosen.id)


def _data(item: "Difference") -> dict[str, Any]:
    return {
        "migration": item.migration or None,
        "subject": item.subject,
        "situation": item.situation,
        "action": item.action,
        "remedy": item.remedy.value,
        "sql": list(item.sql),
    }


def _text(found: "tuple[Difference, ...]", acts: list[str]) -> str:
    lines = [f"✓ {act}" for act in acts]
    for item in found:
        whose = f"{item.migration}, " if item.migration else ""
        lines += [f"{whose}{item.subject}: {item.situation}.", f"    {_WORDS[item.remedy.value]}: {item.action}."]
    if not found:
        lines.append("The records and the catalog agree.")
    elif any(item.remedy.value in {"record", "clean"} for item in found):
        lines.append(
            "`migrator reconcile --apply` does what is marked so; `migrator resume ID` goes on with the phase."
        )
    return "\n".join(lines)


_WORDS = {"record": "--apply will", "clean": "--apply will", "wait": "then", "person": "a person decides"}
