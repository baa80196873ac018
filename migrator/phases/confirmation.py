"""What a contract removes for good is confirmed: by its name on a terminal, by `--yes --plan-id` elsewhere.

The answer is bound to a plan id, and the engine compares that once more when the gates have opened.
"""

from collections.abc import Callable

from migrator.config import Settings
from migrator.errors import Refused
from migrator.gates.gate import GateStatus
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.phases import evidence
from migrator.phases.folder import Migration
from migrator.phases.plan_id import plan_id, state_of
from migrator.phases.steps import steps_of
from migrator.state.transitions import State
from migrator.statements.effects import ObjectRef

Ask = Callable[[str], str]
"""Puts a question to the person at the terminal and returns what was typed."""

_NAMED = ("table", "column")
"""The kinds whose name is asked for; what goes with them, such as their indexes and triggers, is listed."""


def confirmed_plan(
    connection: Connection,
    settings: Settings,
    migration: Migration,
    *,
    wanted: str | None,
    is_sure: bool,
    ask: Ask | None,
) -> str | None:
    """Return the plan id that the contract has to run by; None where nothing has to be confirmed.

    Args:
        connection: to look at state, gates and catalog; nothing is changed.
        settings: for the gates.
        migration: as on disk.
        wanted: `--plan-id`.
        is_sure: `--yes`.
        ask: None where nobody sits at a terminal.

    Raises:
        ContractShut: a gate is not open; nobody is asked in vain.
        Refused: nobody confirmed it.
    """
    removed = removed_by_contract(connection, migration)
    if not removed or state_of(connection, migration) is not State.MIGRATED or (is_sure and wanted):
        return wanted
    shut = [r for r in evidence.ask(connection, settings, migration) if r.status is not GateStatus.OPEN]
    if shut:
        raise evidence.ContractShut(migration.id, shut)
    now = plan_id(connection, migration, "contract")
    if ask is None:
        raise Refused(
            f"The contract of {migration.id} removes {', '.join(removed)} for good, and nobody confirmed it.",
            f"Look at `migrator plan {migration.id} --phase contract`, then run "
            f"`migrator contract {migration.id} --yes --plan-id {now}`.",
            plan_id=now,
            removes=list(removed),
        )
    for name, words in _names(migration, removed).items():
        typed = ask(f"The contract removes {words} for good. Type {name} to go on").strip()
        if typed != name:
            raise Refused(f"{typed!r} is not {name}; nothing was done.", "Type the name as it is written.")
    return wanted or now


def removed_by_contract(connection: Connection, migration: Migration) -> tuple[str, ...]:
    """Return in words what contract.sql removes or renames; a statement that cannot be read may remove anything."""
    version = server_version(connection) // 10000
    steps = steps_of(migration.statements("contract"), "contract", version)
    refs = [ref for step in steps for ref in step.removes]
    unread = [f"unknown things ({step.name})" for step in steps if any(e.is_opaque for e in step.effects)]
    return (*map(str, sorted(set(refs), key=_weight)), *unread)


def _weight(ref: ObjectRef) -> tuple[int, str]:
    return (_NAMED.index(ref.kind) if ref.kind in _NAMED else len(_NAMED), str(ref))


def _names(migration: Migration, removed: tuple[str, ...]) -> dict[str, str]:
    """Return what has to be typed -> what it is: tables and columns, else the first of what is removed."""
    pairs = {words.split(" ", 1)[1]: words for words in removed if words.split(" ", 1)[0] in _NAMED}
    if pairs:
        return pairs
    first = removed[0]
    return {migration.id if first.startswith("unknown") else first.split(" ", 1)[1]: first}
