"""`migrator baseline`: the database had these migrations before it had this tool; record that, run nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.errors import InputError, Refused
from migrator.phases.dependencies import in_order
from migrator.phases.folder import Migration
from migrator.state.claims import take_turn
from migrator.state.records import MigrationRecord
from migrator.state.store import Store
from migrator.state.transitions import DONE, State


@dataclass(frozen=True, slots=True)
class Baselined:
    """What was recorded now, and what needed no record because it is there already."""

    recorded: tuple[str, ...]
    there: tuple[str, ...]


def baseline(store: Store, migrations: Sequence[Migration], up_to: str, reason: str = "") -> Baselined:
    """Record every migration up to and with `up_to` as baselined, in one transaction.

    Args:
        store: of the database that has these changes.
        migrations: all of the folder, in the order of their names; dependencies come before those that need them.
        up_to: id of the last one.
        reason: kept in the audit.

    Raises:
        InputError: there is no such migration, or a dependency is unknown.
        Refused: one of them has begun here: then its record says more than "it was there".
    """
    records = {record.id: record for record in store.migrations()}
    ordered = in_order(migrations, records)
    ids = [migration.id for migration in ordered]
    if up_to not in ids:
        raise InputError(f"There is no migration {up_to!r} in the folder.", "Give the whole id.")
    chosen = ordered[: ids.index(up_to) + 1]
    _refuse_begun([records[migration.id] for migration in chosen if migration.id in records])
    there = tuple(migration.id for migration in chosen if _is_there(records.get(migration.id)))
    with store.connection.transaction():
        take_turn(store.connection)  # before the audit's, as every other change of state takes them
        for migration in chosen:
            if migration.id not in there:
                _record(store, migration, {"up_to": up_to, "reason": reason})
    return Baselined(tuple(migration.id for migration in chosen if migration.id not in there), there)


def _is_there(record: MigrationRecord | None) -> bool:
    return record is not None and record.state in DONE


def _refuse_begun(records: Sequence[MigrationRecord]) -> None:
    begun = [record for record in records if record.state not in DONE | {State.PENDING}]
    if begun:
        told = ", ".join(f"{record.id} ({record.state.value})" for record in begun)
        raise Refused(
            f"{told} began in this database; a baseline is for what was there before.",
            "Finish or abort it with its own commands, or choose an earlier --up-to.",
        )


def _record(store: Store, migration: Migration, detail: dict[str, object]) -> None:
    manifest = migration.manifest
    record = store.open(migration.id, manifest.model_dump(mode="json"), manifest.contract_by)
    store.change_state(record, State.BASELINED, detail)
