"""`migrator gate ID` and `migrator approve ID`: what the contract waits for, and a person's word."""

from typing import TYPE_CHECKING

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import NOT_YET
from migrator.cli.running import load, migration_argument

if TYPE_CHECKING:
    from migrator.gates.gate import GateResult

_MARKS = {"open": "✓", "closed": "✗", "unknown": "?"}


@click.command(cls=Command)
@migration_argument
@pass_session
@click.pass_context
def gate(context: click.Context, session: Session, migration_id: str) -> None:
    """Show each gate of the contract as open, closed or unknown; exit 0 when all are open, else 3."""
    from migrator.gates.gate import GateStatus
    from migrator.pg.connection import connect
    from migrator.phases.evidence import as_json, ask
    from migrator.state.install import require_installed

    migration = load(session, migration_id)
    with connect(session.dsn(), application_name="migrator/gate") as connection:
        require_installed(connection)
        results = ask(connection, session.settings, migration)
    is_open = all(result.status is GateStatus.OPEN for result in results)
    data = {"migration": migration.id, "phase": "contract", "open": is_open, "gates": as_json(results)}
    session.show(data, lambda: _text(migration.id, results, is_open=is_open))
    context.exit(0 if is_open else NOT_YET)


def _text(migration: str, results: "tuple[GateResult, ...]", *, is_open: bool) -> str:
    width = max((len(result.gate) for result in results), default=0)
    lines = [
        f"{_MARKS[result.status.value]} {result.gate:<{width}}  {result.status.value:<7}  {result.reason}"
        for result in results
    ]
    if not results:
        return f"{migration} has nothing to contract."
    end = f"`migrator contract {migration}` may begin." if is_open else "The contract may not begin."
    if any(result.gate == "approvals" and result.status.value == "closed" for result in results):
        end += f' `migrator approve {migration} --reason "…"` approves the files as they are.'
    return "\n".join([*lines, end])


@click.command(cls=Command)
@migration_argument
@click.option("--reason", required=True, help="What was looked at, in 10 characters or more; kept for ever.")
@pass_session
def approve(session: Session, migration_id: str, reason: str) -> None:
    """Approve the contract as its files are now; a later change of them makes the approval void."""
    from migrator.pg.connection import connect
    from migrator.phases.approval import approve_contract
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    migration = load(session, migration_id)
    with connect(session.dsn(), application_name="migrator/approve") as connection:
        require_installed(connection)
        approve_contract(Store(connection, session.actor), migration, reason)
    checksum = migration.contract_checksum
    data = {"migration": migration.id, "phase": "contract", "actor": session.actor, "checksum": checksum}
    session.show(data, lambda: f"{session.actor} approved the contract of {migration.id} ({checksum[:12]}).")
