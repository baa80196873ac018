"""`migrator drift`: what changed in the catalog that no migration changed, since somebody last vouched for it.

The snapshot moves on with every state change, but only for what that migration touches: an index that somebody made
by hand on another table stays drift until a person records it. What a migration under way has changed so far is no
drift, and is told apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from migrator.errors import Refused
from migrator.names import TableName
from migrator.pg.driver import Connection
from migrator.pg.objects import STANDING, CatalogObject, read_objects, read_standing
from migrator.state import claims, snapshots
from migrator.state.store import Store

_UNDER_WAY = frozenset({"expanding", "migrating", "contracting", "aborting"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not as it was: `change` is added, removed or changed."""

    change: str
    object: CatalogObject
    """As it is now; as it was, when it is gone."""
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All differences to the snapshot, and those of migrations under way beside them."""

    recorded_at: datetime
    recorded_by: str
    reason: str
    differences: tuple[Difference, ...]
    under_way: tuple[Difference, ...]
    unknown: tuple[TableName, ...] = ()
    """Tables and functions that an older version recorded: nobody knows who owned them and who might use them."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing changed outside of migrations."""
        return not self.differences


def drift(connection: Connection) -> DriftReport:
    """Compare the catalog with the snapshot; reads only.

    Raises:
        Refused: there is no snapshot, so nobody knows what changed.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = snapshots.find(connection)
        if snapshot is None:
            raise Refused(
                "There is no snapshot of the catalog to compare with.",
                "Look at the schema, then record it as it should be: `migrator drift --record --reason …`.",
            )
        now = (*read_objects(connection, None), *read_standing(connection, None))
        unknown = _unknown(snapshot.objects, now)
        found = [item for item in differences(snapshot.objects, now) if not _is_unknown(item, unknown)]
        ours = _owners_under_way(connection)
    return DriftReport(
        snapshot.recorded_at,
        snapshot.actor,
        snapshot.reason,
        tuple(item for item in found if item.object.owner not in ours),
        tuple(item for item in found if item.object.owner in ours),
        tuple(sorted(owner for owner in unknown if owner.schema and owner.name)),
    )


def _unknown(before: Iterable[CatalogObject], now: Iterable[CatalogObject]) -> frozenset[TableName]:
    """Return the owners of which the snapshot does not tell the kinds in `STANDING`; those that came since are new."""
    recorded = tuple(before)
    known = snapshots.is_known(recorded)
    whole = frozenset(item.owner for item in recorded)
    if not any(item.kind == "schema" for item in recorded):
        whole |= {item.owner for item in now if not (item.owner_schema and item.owner_name)}
    return frozenset(item.owner for item in now if item.kind in STANDING and item.owner in whole - known)


def _is_unknown(item: "Difference", unknown: frozenset[TableName]) -> bool:
    return item.object.kind in STANDING and item.object.owner in unknown


def record(store: Store, reason: str) -> int:
    """Take the whole catalog as it is now as right, with an audit row; return the number of objects."""
    with store.connection.transaction():
        number = snapshots.record(store.connection, store.actor, reason)
        store.audit("snapshot.recorded", None, {"reason": reason, "objects": number})
    return number


def differences(before: Iterable[CatalogObject], after: Iterable[CatalogObject]) -> tuple[Difference, ...]:
    """Return what is not the same, in the order of the owners and names.

    A new or gone table stands for its parts, and what is new or gone for who may use it.

    Functions of one name have the same owner and are told apart by their arguments: none of them is a whole.
    """
    was, now = _by_name(before), _by_name(after)
    parts = {(owner, name) for owner, kind, name in was.keys() ^ now.keys() if kind not in STANDING}
    whole = {owner for owner, _, part in was.keys() ^ now.keys() if not part and not owner.name.endswith("()")}
    found: list[Difference] = []
    for name in sorted(was.keys() | now.keys()):
        old, new = was.get(name), now.get(name)
        is_part = bool(name[2]) and name[0] in whole
        if (old is None or new is None) and (is_part or (name[1] in STANDING and (name[0], name[2]) in parts)):
            continue
        if old is None and new is not None:
            found.append(Difference("added", new, None, new.definition))
        elif old is not None and new is None:
            found.append(Difference("removed", old, old.definition, None))
        elif old is not None and new is not None and old.definition != new.definition:
            found.append(Difference("changed", new, old.definition, new.definition))
    return tuple(found)


_Name = tuple[TableName, str, str]


def _by_name(objects: Iterable[CatalogObject]) -> Mapping[_Name, CatalogObject]:
    return {(item.owner, item.kind, item.name): item for item in objects}


def _owners_under_way(connection: Connection) -> set[TableName]:
    """Return what the migrations under way change, with the partitions and children that change with it."""
    names = [record.id for record in Store(connection, "drift").migrations() if record.state.value in _UNDER_WAY]
    touched = {owner for name in names for owner in claims.touched(connection, name)}
    return touched | {item.owner for item in read_objects(connection, touched)}
