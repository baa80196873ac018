"""What goes for good is confirmed: by its name on a terminal, by `--yes --plan-id` elsewhere.

A contract removes what its gates have cleared; any other phase is asked about only where data goes with a statement
(`migrator.phases.losses`). The answer is bound to a plan id, and the engine compares that once more before it begins.
Once a phase runs by a plan that was confirmed, nobody is asked again: `resume`, and the same command, go on.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from migrator.config import Settings
from migrator.errors import Refused
from migrator.gates.gate import GateStatus
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.phases import evidence
from migrator.phases.claims import claimed_tables
from migrator.phases.confirmed import plan_begun_with
from migrator.phases.dependencies import require_dependencies, require_nobody_builds_on
from migrator.phases.folder import Migration
from migrator.phases.losses import Loss, losses_of
from migrator.phases.plan_id import plan_id, state_of
from migrator.phases.steps import steps_in
from migrator.state import claims
from migrator.state.store import Store
from migrator.state.transitions import ENDED, State
from migrator.statements.effects import ObjectRef

Ask = Callable[[str], str]
"""Puts a question to the person at the terminal and returns what was typed."""

_NAMED = ("table", "column")
"""The kinds whose name is asked for; what goes with them, such as their indexes and triggers, is listed."""
_INSTEAD = "What running code may still use belongs into a contract.sql, whose gates wait until nothing does."
_PHASES: dict[str, dict[State, str]] = {
    "expand": {State.PENDING: "expand", State.EXPANDING: "expand"},
    "migrate": {State.EXPANDED: "migrate", State.MIGRATING: "migrate"},
    "abort": {state: "abort" for state in State if state not in {State.PENDING, State.CONTRACTING, *ENDED}},
    "resume": {State.EXPANDING: "expand", State.MIGRATING: "migrate", State.ABORTING: "abort"},
}
"""Command -> the phase that it runs in each state; in any other it runs none, or is refused by the engine."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller has said beforehand, and how to ask a person; `ask` is None where nobody sits at a terminal."""

    plan_ids: Sequence[str] = ()
    is_sure: bool = False
    ask: Ask | None = None


def phase_ahead(connection: Connection, migration: Migration, command: str) -> str | None:
    """Return the phase that the command would run now; None for none, or where the engine refuses it."""
    return _PHASES[command].get(state_of(connection, migration))


def confirmed_phase(
    connection: Connection,
    migration: Migration,
    command: str,
    answer: Answer,
    among: Collection[Loss] | None = None,
) -> str | None:
    """Return the plan id that the phase has to run by; None where nothing has to be confirmed and none was named.

    Args:
        connection: to look at state and catalog; nothing is changed.
        migration: as on disk.
        command: expand, migrate, abort or resume.
        answer: `--yes --plan-id`, and the terminal.
        among: ask about these only; what else goes was made by the same run.

    Raises:
        Refused: data goes with it, and nobody confirmed that.
    """
    state = state_of(connection, migration)
    phase = _PHASES[command].get(state)
    if phase is None:
        return next(iter(answer.plan_ids), None)
    _refuse_what_cannot_begin(Store(connection, "plan"), migration, state, phase)
    losses = [loss for loss in losses_of(connection, migration, phase) if among is None or loss in among]
    now, begun = plan_id(connection, migration, phase), plan_begun_with(Store(connection, "plan"), migration, phase)
    named = next((plan for plan in answer.plan_ids if plan in {now, begun}), None)
    if answer.plan_ids and named is None and among is None:
        return answer.plan_ids[0]  # the engine refuses it and says why
    if not losses or begun is not None or (answer.is_sure and named is not None):
        return named
    words = [str(loss) for loss in losses]
    if answer.ask is None:
        raise _unconfirmed(migration, command, phase, words, now, answer)
    for loss in losses:
        _ask_for(answer.ask, f"The {phase} of {migration.id} removes {loss} for good.", loss.typed)
    return now


def _refuse_what_cannot_begin(store: Store, migration: Migration, state: State, phase: str) -> None:
    """Raise what the engine would raise: nobody is asked in vain."""
    if state is State.PENDING:
        require_dependencies(store, migration)
        tables = claimed_tables(migration, server_version(store.connection) // 10000)
        claims.refuse_in_the_way(store.connection, migration.id, migration.manifest.migration.depends_on, tables)
    elif phase == "abort" and state is not State.ABORTING:
        require_nobody_builds_on(store, migration)


def _unconfirmed(
    migration: Migration, command: str, phase: str, words: Sequence[str], now: str, answer: Answer
) -> Refused:
    instead = "" if phase == "abort" else f" {_INSTEAD}"
    other = f": {', '.join(answer.plan_ids)} is another plan" if answer.plan_ids and now not in answer.plan_ids else ""
    return Refused(
        f"The {phase} of {migration.id} removes {', '.join(words)} for good, and nobody confirmed it{other}.",
        f"Look at `migrator plan {migration.id} --phase {phase}`, then run "
        f"`migrator {command} {migration.id} --yes --plan-id {now}`.{'' if phase == 'abort' else instead}",
        plan_id=now,
        removes=list(words),
    )


def _ask_for(ask: Ask, situation: str, name: str) -> None:
    typed = ask(f"{situation} Type {name} to go on").strip()
    if typed != name:
        raise Refused(f"{typed!r} is not {name}; nothing was done.", "Type the name as it is written.")


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
        _ask_for(ask, f"The contract removes {words} for good.", name)
    return wanted or now


def removed_by_contract(connection: Connection, migration: Migration) -> tuple[str, ...]:
    """Return in words what contract.sql removes or renames; a statement that cannot be read may remove anything."""
    version = server_version(connection) // 10000
    steps = steps_in(migration.files.get("contract"), "contract", version)
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
