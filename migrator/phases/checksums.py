"""Files that have run may not change: what was reviewed is what ran, and what `resume` will go on with."""

import hashlib
import json

from migrator.errors import ChecksumChanged
from migrator.phases.folder import Migration
from migrator.state.store import Store
from migrator.state.transitions import State

_FILES_OF = {
    State.EXPANDING: ("expand.sql", "backfill"),
    State.MIGRATING: ("migrate.sql", "verify.sql"),
    State.CONTRACTING: ("contract.sql",),
    State.ABORTING: ("abort.sql",),
}
"""What is fixed when a state is entered; contract.sql may be written weeks after expand.sql ran."""


def record_or_refuse(store: Store, migration: Migration, target: State) -> None:
    """Refuse changed files, then record those that the new state fixes.

    Raises:
        ChecksumChanged: a recorded file is different now.
    """
    refuse_changed(store, migration, is_abort=target is State.ABORTING)
    now = current(migration)
    for name in _FILES_OF.get(target, ()):
        store.record_file(migration.id, name, now.get(name, ""))


def refuse_changed(store: Store, migration: Migration, *, is_abort: bool) -> None:
    """Raise when a file is not what it was when its phase began.

    An abort asks only for its own file: the way back must stay open to somebody who has corrected a failing
    expand.sql, and abort.sql goes by the catalog.

    Raises:
        ChecksumChanged: names the files.
    """
    names = {"abort.sql"} if is_abort else store.files(migration.id).keys() - {"abort.sql"}
    changed = sorted(changed_files(store, migration).keys() & names)
    if changed:
        raise ChecksumChanged(
            f"{', '.join(changed)} of {migration.id} changed after it was run.",
            "Restore the reviewed text (git has it). A change that was reviewed as well is accepted by "
            f"`migrator repair {migration.id} --reason …`, which says what had run already. To run another text, "
            "`migrator abort` first, then expand again; once the contract has begun, it belongs in a new migration.",
            files=changed,
        )


def changed_files(store: Store, migration: Migration) -> dict[str, tuple[str, str]]:
    """Return what was recorded and what it is now, for each file that is not what it was; empty for a file gone."""
    now = current(migration)
    recorded = store.files(migration.id)
    return {name: (was, now.get(name, "")) for name, was in recorded.items() if now.get(name, "") != was}


def current(migration: Migration) -> dict[str, str]:
    """Return file name -> SHA-256 as the files are now; `backfill` stands for what the manifest says of those."""
    sums = {f"{name}.sql": file.sha256 for name, file in migration.files.items()}
    specs = [spec.model_dump(mode="json", exclude={"limits"}) for spec in migration.manifest.backfill]
    sums["backfill"] = hashlib.sha256(json.dumps(specs, sort_keys=True).encode()).hexdigest()
    return sums
