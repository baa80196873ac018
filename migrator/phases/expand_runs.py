"""A run of `expand --all` that was cut off and goes on: what its first part made is no loss for the second.

The audit says where a run began and whether it ended. A table that one of its steps made, and that nobody has written
to since the run was cut off, holds nothing but what the files put there; a column of such a table likewise. Whatever
else is there now was there before, and is asked about.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from migrator.names import TableName
from migrator.pg import holdings
from migrator.pg.connection import server_version
from migrator.phases.folder import Migration
from migrator.phases.losses import Loss
from migrator.phases.steps import steps_in
from migrator.state.records import AuditRecord
from migrator.state.store import Store

_BEGAN, _ENDED = "expand_all.began", "expand_all.ended"
_CUT_OFF = frozenset({"step.failed", "step.interrupted"})


def begin(store: Store, migrations: Iterable[Migration]) -> None:
    """Write that a run begins, or that the one that was cut off goes on."""
    store.audit(_BEGAN, None, {"pending": [migration.id for migration in migrations]})


def end(store: Store) -> None:
    """Write that the run has expanded all that it was to."""
    store.audit(_ENDED, None, {})


def without_own(
    store: Store, migrations: Sequence[Migration], losses: dict[str, tuple[Loss, ...]]
) -> dict[str, tuple[Loss, ...]]:
    """Return the losses without those of what the run made before it was cut off.

    Args:
        store: of the database.
        migrations: all of the folder, as on disk.
        losses: by migration, of those that are still to expand.
    """
    made = _made(store, migrations) if any(losses.values()) else {}
    return {name: tuple(loss for loss in found if not _is_own(store, made, loss)) for name, found in losses.items()}


def _is_own(store: Store, made: dict[TableName, int], loss: Loss) -> bool:
    table = TableName(loss.schema, loss.table if loss.kind == "column" else loss.name)
    since = made.get(table) if loss.kind in {"table", "column", "rows"} else None
    return since is not None and not holdings.is_written_since(store.connection, table, since)


def _made(store: Store, migrations: Sequence[Migration]) -> dict[TableName, int]:
    """Return the tables that the unfinished run made, with the audit row at which it was cut off after that."""
    known = {migration.id: migration for migration in migrations}
    found: dict[TableName, int] = {}
    for part in _parts(store.history()):
        done = [row for row in part if row.action == "step.done" and row.migration in known]
        for row in done:
            for table in _tables_of(store, known[str(row.migration)], row):
                found[table] = part[-1].seq
    return found


def _parts(history: Iterable[AuditRecord]) -> list[list[AuditRecord]]:
    """Return the rows of each part of the unfinished run, from its begin to the failure or to its last step."""
    parts: list[list[AuditRecord]] = []
    is_cut_off = True
    for row in history:
        if row.action in {_BEGAN, _ENDED}:
            parts = [*parts, [row]] if row.action == _BEGAN else []
            is_cut_off = row.action == _ENDED
        elif not is_cut_off and row.migration in cast("Sequence[str]", parts[-1][0].detail["pending"]):
            parts[-1].append(row)
            is_cut_off = row.action in _CUT_OFF
    return parts


def _tables_of(store: Store, migration: Migration, row: AuditRecord) -> list[TableName]:
    phase, number = str(row.detail["phase"]), int(str(row.detail["step"]))
    recorded = {at.number: at.statement for at in store.steps(migration.id, phase).values()}
    steps = steps_in(migration.files.get(phase), phase, server_version(store.connection) // 10000)
    refs = [ref for step in steps if step.number == number and step.sql == recorded.get(number) for ref in step.creates]
    return [TableName(ref.schema, ref.name) for ref in refs if ref.kind == "table"]
