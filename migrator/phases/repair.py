"""`migrator repair`: a file changed after it was recorded, the change was reviewed, and it is accepted from now on.

What has run cannot run differently any more, so a changed statement that ran is refused: it would make the record say
what never happened. Only when its phase has ended, and somebody says so, is the new text taken as what the old did.
Called by the engine, with the runner's lock held.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.errors import InputError, Refused
from migrator.phases.checksums import changed_files
from migrator.phases.folder import Migration
from migrator.phases.steps import steps_in
from migrator.state import backfills
from migrator.state.records import MigrationRecord, StepRecord
from migrator.state.store import Store
from migrator.state.transitions import State

SHORTEST_REASON = 10
"""Characters: as for an approval."""
_RUNNING = {
    State.EXPANDING: "expand",
    State.MIGRATING: "migrate",
    State.CONTRACTING: "contract",
    State.ABORTING: "abort",
}
_DID_RUN = frozenset({"done", "skipped", "running", "interrupted"})
"""A step that is running or was interrupted may have run: only its old text can find out."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """The files whose new text is accepted: name -> what was recorded, what it is now."""

    migration: str
    files: Mapping[str, tuple[str, str]]
    ran: tuple[str, ...]
    """Steps that ran with another text, accepted by `--accept-ran`."""


def accept_changes(
    store: Store, migration: Migration, record: MigrationRecord, pg_version: int, reason: str, *, accept_ran: bool
) -> Repaired:
    """Record the checksums of the changed files as they are now, with an audit row.

    Raises:
        InputError: the reason says nothing.
        Refused: a statement that ran has changed.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise InputError(
            f"The reason {reason!r} is shorter than {SHORTEST_REASON} characters.",
            "Say with --reason who reviewed the change, and why it is right.",
        )
    changed = changed_files(store, migration)
    ran = [words for name in changed for words in _ran_differently(store, migration, name, pg_version)]
    _refuse(migration, record, changed, ran, accept_ran=accept_ran)
    if changed:
        with store.connection.transaction():
            for name, (_, now) in changed.items():
                store.replace_file(migration.id, name, now)
            files = {name: {"from": was, "to": now} for name, (was, now) in changed.items()}
            detail = {"reason": reason.strip(), "files": files, "ran": ran}
            store.audit("files.repaired", migration.id, detail)
    return Repaired(migration.id, changed, tuple(ran))


def _refuse(
    migration: Migration, record: MigrationRecord, changed: Mapping[str, object], ran: list[str], *, accept_ran: bool
) -> None:
    if not ran:
        return
    running = _RUNNING.get(record.state)
    is_under_way = (running is not None and f"{running}.sql" in changed) or (
        record.state is State.MIGRATING and "backfill" in changed
    )
    if is_under_way:
        raise Refused(
            f"{migration.id} is {record.state.value}, and what ran of it is not what its files say now: "
            f"{'; '.join(ran)}.",
            "Restore those statements and change only what has not run, or run `migrator abort` and expand again.",
            ran=ran,
        )
    if not accept_ran:
        raise Refused(
            f"What ran of {migration.id} is not what its files say now: {'; '.join(ran)}.",
            "Nothing of it runs again. If the new text means the same, say so with --accept-ran; otherwise restore it.",
            ran=ran,
        )


def _ran_differently(store: Store, migration: Migration, name: str, pg_version: int) -> list[str]:
    """Return in words what ran of a file and is not in it any more, at its place."""
    if name == "backfill":
        begun = [row["name"] for row in backfills.status(store.connection, migration.id) if row["state"] != "pending"]
        return [f"backfill {each} has begun" for each in begun]
    phase = name.removesuffix(".sql")
    if phase == "verify":
        return []
    now = {step.number: step.sql for step in steps_in(migration.files.get(phase), phase, pg_version)}
    ran = [step for step in store.steps(migration.id, phase).values() if step.state in _DID_RUN]
    return [_words(step) for step in ran if now.get(step.number) != step.statement]


def _words(step: StepRecord) -> str:
    return f"{step.phase} step {step.number} ({step.state}): {step.name}"
