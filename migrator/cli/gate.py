"""`migrator gate ID` and `migrator approve ID`: what the contract waits for, and a person's word."""

from typing import TYPE_CHECKING

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import NOT_YET
from migrator.cli.running import load, migration_argument

if TYPE_CHECKING:
    from migrator.gates.gate import GateResult
    from migrator.phases.folder import Migration

_MARKS = {"open": "✓", "closed": "✗", "unknown": "?"}


@click.command(cls=Command)
@migration_argument
@click.option(
    "--phase",
    type=click.Choice(["expand", "migrate", "contract"]),
    default="contract",
    show_default=True,
    help="The phase that shall begin; one that has begun counts as open.",
)
@click.option("--wait", help="Ask again until all are open, for at most so long (30m, 2h).")
@click.option("--interval", default="15s", show_default=True, help="How long to pause between two looks.")
@click.option(
    "--acknowledge",
    "subjects",
    multiple=True,
    metavar="SUBJECT",
    help="You looked at this doubt first: a query id, or an object that goes silently. May be repeated.",
)
@click.option("--reason", help="What you saw there, for --acknowledge; kept for ever.")
@pass_session
@click.pass_context
def gate(
    context: click.Context,
    session: Session,
    migration_id: str,
    phase: str,
    wait: str | None,
    interval: str,
    subjects: tuple[str, ...],
    reason: str | None,
) -> None:
    """Show each gate of a phase as open, closed or unknown; exit 0 when all are open, else 3.

    A gate that was forced is marked with `!`.
    """
    from migrator.cli.acknowledging import acknowledge_doubts
    from migrator.cli.deadline import seconds_of
    from migrator.cli.running import stop_on_signal
    from migrator.clock import SystemClock
    from migrator.gates.evaluate import are_open
    from migrator.phases.evidence import as_json
    from migrator.phases.gate_wait import wait_until_open

    seconds, pause = seconds_of("--wait", wait), max(seconds_of("--interval", interval), 0.2)
    clock = SystemClock()
    with stop_on_signal(clock.stop, session):
        migration = load(session, migration_id)
        acknowledge_doubts(session, migration, subjects, reason)
        results = wait_until_open(lambda: _ask(session, migration, phase), clock, seconds, session.tell, pause)
    is_open = are_open(results)
    data = {"migration": migration.id, "phase": phase, "open": is_open, "gates": as_json(results)}
    session.show(data, lambda: _text(migration.id, phase, results, is_open=is_open))
    context.exit(0 if is_open else NOT_YET)


def _ask(session: Session, migration: "Migration", phase: str) -> "tuple[GateResult, ...]":
    from migrator.pg.connection import connect
    from migrator.pg.failures import translated
    from migrator.phases.entrance import ask_phase
    from migrator.state.install import require_installed

    with (
        connect(session.dsn(), application_name="migrator/gate") as connection,
        translated(f"Asking the gates of {migration.id}"),
    ):
        require_installed(connection)
        return ask_phase(connection, session.settings, migration, phase)


def _mark(result: "GateResult") -> str:
    return "!" if result.is_forced else _MARKS[result.status.value]


def _text(migration: str, phase: str, results: "tuple[GateResult, ...]", *, is_open: bool) -> str:
    width = max((len(result.gate) for result in results), default=0)
    lines = [f"{_mark(r)} {r.gate:<{width}}  {r.status.value:<7}  {r.reason}" for r in results]
    end = f"`migrator {phase} {migration}` may begin." if is_open else f"The {phase} may not begin."
    if any(result.gate == "approvals" and result.status.value == "closed" for result in results):
        end += f' `migrator approve {migration} --reason "…"` approves the files as they are.'
    return "\n".join([*lines, end])


@click.command(cls=Command)
@migration_argument
@click.option("--reason", required=True, help="What was looked at, in 10 characters or more; kept for ever.")
@pass_session
def approve(session: Session, migration_id: str, reason: str) -> None:
    """Approve the contract as its files and its plan are now; a later change of them makes the approval void."""
    from migrator.pg.connection import connect
    from migrator.phases.approval import approve_contract
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    migration = load(session, migration_id)
    with connect(session.dsn(), application_name="migrator/approve") as connection:
        require_installed(connection)
        given = approve_contract(Store(connection, session.actor), migration, reason)
    what = {"actor": given.actor, "checksum": given.checksum, "plan_id": given.plan_id}
    words = f"{given.actor} approved the contract of {migration.id} ({given.checksum[:12]}, plan {given.plan_id})."
    session.show_change({"migration": migration.id, "phase": "contract", **what}, lambda: words)
