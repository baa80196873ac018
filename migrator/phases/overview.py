"""Where every migration is and what comes next: the folder on disk joined with the records in the database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from migrator.errors import ManifestError
from migrator.names import TableName
from migrator.pg.driver import Connection
from migrator.phases.folder import load_migration, migration_id, migration_paths, read_sql
from migrator.phases.repeatables import repeatable_paths
from migrator.schema.order import order_key
from migrator.state import backfills, claims
from migrator.state.forced import ForcedGate, forced_gates
from migrator.state.records import MigrationRecord
from migrator.state.repeatables import RepeatableRecord, recorded
from migrator.state.store import Store
from migrator.state.transitions import ENDED, State

_NEXT = {
    State.PENDING: "migrator expand {id}",
    State.EXPANDING: "migrator resume {id}",
    State.EXPANDED: "migrator migrate {id}",
    State.MIGRATING: "migrator resume {id}",
    State.MIGRATED: "migrator gate {id}, then migrator contract {id}",
    State.READY: "migrator contract {id}",
    State.CONTRACTING: "migrator resume {id}",
    State.COMPLETE: "",
    State.ABORTING: "migrator resume {id}",
    State.ABORTED: "migrator expand {id} starts again",
    State.BASELINED: "",
}


@dataclass(frozen=True, slots=True)
class Overview:
    """One migration's line in `migrator status`."""

    migration: str
    state: str
    """A state's value, or `broken` for a folder that cannot be read."""
    since: datetime | None
    owner: str
    contract_by: date | None
    is_overdue: bool
    next_step: str
    failed_step: str
    """The step that failed last, with its error; empty when none did."""
    backfills: tuple[Mapping[str, object], ...]
    claims: tuple[TableName, ...]
    """The tables that no other migration may work on until this one has ended."""
    forced: tuple[ForcedGate, ...] = ()
    """Gates that were ever forced, shown for ever."""


@dataclass(frozen=True, slots=True)
class RepeatableState:
    """One R__*.sql file's line in `migrator status`; `state` is current, new, changed, broken or gone."""

    name: str
    state: str
    applied_at: datetime | None
    actor: str


def overview(migrations: Path, connection: Connection) -> tuple[Overview, ...]:
    """Return every migration of the folder and of the database, in the order of their ids."""
    store = Store(connection, "status")
    records = {record.id: record for record in store.migrations()}
    rows = backfills.status(connection, None)
    held = claims.held_by_all(connection)
    forces = forced_gates(connection)
    today = store.now().date()
    folders = {migration_id(path): path for path in migration_paths(migrations)}
    return tuple(
        replace(
            _one(
                name,
                folders.get(name),
                records.get(name),
                [row for row in rows if row["migration"] == name],
                store,
                today,
            ),
            claims=tuple(claim.table for claim in held if claim.migration == name),
            forced=tuple(force for force in forces if force.migration == name),
        )
        for name in sorted({*folders, *records}, key=order_key)
    )


def repeatables(migrations: Path, connection: Connection) -> tuple[RepeatableState, ...]:
    """Return every repeatable file of the folder and of the database, in the order in which they run."""
    known = recorded(connection)
    paths = {path.stem: path for path in repeatable_paths(migrations)}
    return tuple(
        RepeatableState(
            name,
            _repeatable_state(paths.get(name), known.get(name)),
            known[name].applied_at if name in known else None,
            known[name].actor if name in known else "",
        )
        for name in sorted({*paths, *known}, key=order_key)
    )


def _repeatable_state(path: Path | None, record: RepeatableRecord | None) -> str:
    if path is None:
        return "gone"
    try:
        checksum = read_sql(path).sha256
    except ManifestError:
        return "broken"
    return "new" if record is None else "current" if record.sha256 == checksum else "changed"


def _one(
    name: str,
    folder: Path | None,
    record: MigrationRecord | None,
    rows: list[dict[str, object]],
    store: Store,
    today: date,
) -> Overview:
    owner, deadline, problem = _read(folder, record)
    state = record.state if record else State.PENDING
    is_open = state not in ENDED
    return Overview(
        migration=name,
        state="broken" if problem else state.value,
        since=record.changed_at if record else None,
        owner=owner,
        contract_by=deadline,
        is_overdue=is_open and deadline is not None and deadline < today,
        next_step=problem or _NEXT[state].format(id=name),
        failed_step=_failed(store, name) if is_open else "",
        backfills=tuple(rows),
        claims=(),
    )


def _read(folder: Path | None, record: MigrationRecord | None) -> tuple[str, date | None, str]:
    """Return owner, deadline and problem: from the folder, else from what the database remembers."""
    if folder is None:
        return "", record.contract_by if record else None, "its folder is gone: restore it from git"
    try:
        manifest = load_migration(folder).manifest
    except ManifestError as exc:
        return "", record.contract_by if record else None, exc.situation
    return manifest.migration.owner, manifest.contract_by, ""


def _failed(store: Store, name: str) -> str:
    failed = [step for step in store.all_steps(name) if step.state == "failed"]
    return f"{failed[-1].phase} step {failed[-1].number}: {failed[-1].error}" if failed else ""
