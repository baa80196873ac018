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
    now = _current(migration)
    for name in _FILES_OF.get(target, ()):
        store.record_file(migration.id, name, now.get(name, ""))


def refuse_changed(store: Store, migration: Migration, *, is_abort: bool) -> None:
    """Raise when a file is not what it was when its phase began.

    An abort asks only for its own file: the way back must stay open to somebody who has corrected a failing
    expand.sql, and abort.sql goes by the catalog.

    Raises:
        ChecksumChanged: names the files.
    """
    now = _current(migration)
    recorded = store.files(migration.id)
    asked = recorded.keys() & {"abort.sql"} if is_abort else recorded.keys() - {"abort.sql"}
    changed = sorted(name for name in asked if now.get(name, "") != recorded[name])
    if changed:
        raise ChecksumChanged(
            f"{', '.join(changed)} of {migration.id} changed after it was run.",
            "Restore the reviewed text (git has it). To run another text, `migrator abort` first, then expand again; "
            "once the contract has begun, a further change belongs in a new migration.",
        )


def _current(migration: Migration) -> dict[str, str]:
    sums = {f"{name}.sql": file.sha256 for name, file in migration.files.items()}
    specs = [spec.model_dump(mode="json", exclude={"limits"}) for spec in migration.manifest.backfill]
    sums["backfill"] = hashlib.sha256(json.dumps(specs, sort_keys=True).encode()).hexdigest()
    return sums
