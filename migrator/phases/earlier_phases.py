"""Before a phase begins: whether what the earlier ones did is still there, and whether the folder is the one that ran.

A table that was restored from a backup, or changed by hand, no longer is what the records say; a contract that
removes the old column then would leave neither. Called by the engine; an abort is not held up, it goes by the catalog.
"""

from migrator.errors import CatalogConflict, Refused
from migrator.names import TableName
from migrator.pg import holdings
from migrator.pg.connection import server_version
from migrator.phases.differences import undone
from migrator.phases.folder import Migration, migration_id, migration_paths
from migrator.state.records import MigrationRecord
from migrator.state.store import Store
from migrator.state.transitions import State
from migrator.statements.facts import effects_of

_OURS = "zz_migrator_"


def require_still_there(store: Store, migration: Migration, record: MigrationRecord) -> None:
    """Raise when the catalog does not show what a recorded step did, or a trigger of ours does not fire.

    Raises:
        CatalogConflict: names the step, or the trigger.
    """
    todo = (
        f"Was a table restored from a backup, or changed by hand? `migrator reconcile {record.id}` and `migrator "
        f"drift` show the rest. Put it back, or `migrator abort {record.id}`."
    )
    for difference in undone(store, migration, record):
        raise CatalogConflict(f"{difference.subject} of {record.id} is {difference.situation}.", todo)
    version = server_version(store.connection) // 10000
    made = [ref for statement in migration.statements("expand") for ref in effects_of(statement, version).creates]
    for ref in made:
        table = TableName(ref.schema, ref.table)
        is_ours = ref.kind == "trigger" and ref.name.startswith(_OURS)
        if is_ours and not holdings.has_enabled_trigger(store.connection, table, ref.name):
            raise CatalogConflict(
                f"The trigger {ref.name} on {table}, which keeps old and new columns equal, is disabled or gone.",
                f"ALTER TABLE {table} ENABLE TRIGGER {ref.name}; then look at the rows that were written meanwhile: "
                f"`migrator verify {record.id}`.",
            )


def refuse_renamed(store: Store, migration: Migration) -> None:
    """Raise when the same expand.sql ran here under another name, and nothing on disk has that name any more.

    Raises:
        Refused: names the one that it was.
    """
    file = migration.files.get("expand")
    if file is None or not file.text.strip():
        return
    there = {migration_id(path) for path in migration_paths(migration.home)}
    for record in store.migrations():
        is_past = record.state in {State.PENDING, State.ABORTED}
        if record.id not in there and not is_past and store.files(record.id).get("expand.sql") == file.sha256:
            raise Refused(
                f"The expand.sql of {migration.id} ran here as {record.id} ({record.state.value}), which is no longer "
                "in the folder: it was renamed.",
                f"Give it the name {record.id} again: the records of this and other databases go by it.",
            )
