"""What a statement does to a running database: the answer type of `migrator.statements.facts`.

`effects_of(statement, pg_version)` is the one entry point for lint, plan and engine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import chain
from typing import NamedTuple, TypeVar

from migrator.locks import LockClass, LockLevel
from migrator.names import TableName

_T = TypeVar("_T")


class Fact(Enum):
    """Yes, no, or cannot tell without more knowledge; unknown never counts as no."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class Held(Enum):
    """How long the strongest lock is needed, by what is done under it."""

    INSTANT = "instant"
    """Catalog rows only."""
    SCAN = "scan"
    """Every row of a table is read."""
    REWRITE = "rewrite"
    """A table is written again, with its indexes."""
    BUILD = "build"
    """An index is built."""
    UNBOUNDED = "unbounded"
    """As long as the session likes, or as the rows that a query touches take: LOCK TABLE, UPDATE, VACUUM."""
    UNKNOWN = "unknown"


class TableLock(NamedTuple):
    """A lock that the statement takes on a table that existed before it."""

    table: TableName
    level: LockLevel


class ObjectRef(NamedTuple):
    """A database object; `kind` is column, table, index, constraint, trigger, function, view, type, sequence …"""

    kind: str
    schema: str
    name: str
    """For a function the bare name; for a column, constraint or trigger its own name."""
    table: str = ""
    """The table's name for a column, constraint or trigger; empty otherwise."""

    def __str__(self) -> str:
        """Return `column public.users.email`, `index public.users_email_idx`."""
        parts = [p for p in (self.schema, self.table, self.name) if p]
        return f"{self.kind} {'.'.join(parts)}"


class Rename(NamedTuple):
    """An object and its new name."""

    source: ObjectRef
    new_name: str

    @property
    def target(self) -> ObjectRef:
        """The object under its new name; one that changes its schema has that in front of the name."""
        schema, _, name = self.new_name.rpartition(".")
        return self.source._replace(schema=schema or self.source.schema, name=name)


@dataclass(frozen=True, slots=True)
class Effects:
    """What one statement takes, holds and changes.

    An empty `Effects()` is a statement that locks no table, such as GRANT or CREATE FUNCTION.
    """

    locks: tuple[TableLock, ...] = ()
    """The strongest level per existing table, in the order in which the server takes them."""
    rewrite: Fact = Fact.NO
    """The whole table is written again under the lock."""
    scan: Fact = Fact.NO
    """The whole table is read under the lock."""
    index_build: bool = False
    """An index is built on the table under the lock (concurrently: beside the traffic)."""
    is_transactional: bool = True
    """False for what the server refuses in a transaction block."""
    is_opaque: bool = False
    """Not understood: treated as the strongest lock on unknown tables, never as harmless."""
    creates: tuple[ObjectRef, ...] = ()
    removes: tuple[ObjectRef, ...] = ()
    renames: tuple[Rename, ...] = ()
    missing: tuple[str, ...] = field(default=())
    """For UNKNOWN facts: what one would have to know, in words."""
    rewrites: tuple[TableName, ...] = ()
    """The tables that are surely written again."""
    scans: tuple[TableName, ...] = ()
    """The tables that are surely read whole."""
    without_rows: tuple[TableName, ...] = ()
    """Tables above that hold no row: what is done to them costs nothing."""
    errors: tuple[str, ...] = ()
    """Why it will fail at run time, in words; empty when nothing is known against it."""
    is_unbounded: bool = False
    """The lock is held for as long as a session or a query takes, not for a piece of DDL."""

    @property
    def level(self) -> LockLevel:
        """The strongest lock on any table."""
        return max((lock.level for lock in self.locks), default=LockLevel.NONE)

    @property
    def lock_class(self) -> LockClass:
        """How the engine waits for these locks."""
        if self.is_opaque or self.level >= LockLevel.SHARE:
            return LockClass.STRONG
        return LockClass.WEAK if self.level is LockLevel.SHARE_UPDATE_EXCLUSIVE else LockClass.NONE

    @property
    def held(self) -> Held:
        """How long the locks are needed: the costliest thing done under them."""
        if self.is_opaque:
            return Held.UNKNOWN
        if self._costs(self.rewrite, self.rewrites):
            return Held.REWRITE
        if self.is_unbounded:
            return Held.UNBOUNDED
        if self.index_build and not self._is_all_empty:
            return Held.BUILD
        if self._costs(self.scan, self.scans):
            return Held.SCAN
        return Held.UNKNOWN if Fact.UNKNOWN in (self.rewrite, self.scan) else Held.INSTANT

    @property
    def _is_all_empty(self) -> bool:
        return bool(self.locks) and {lock.table for lock in self.locks} <= set(self.without_rows)

    def _costs(self, fact: Fact, tables: tuple[TableName, ...]) -> bool:
        """Whether it surely happens, to a table that may hold rows."""
        return fact is Fact.YES and not (self._is_all_empty or (tables and set(tables) <= set(self.without_rows)))

    @property
    def is_destructive(self) -> bool:
        """Whether something that running code may use is gone afterwards."""
        return bool(self.removes or self.renames)


_SUREST_FIRST = (Fact.YES, Fact.UNKNOWN)


def combined(parts: Iterable[Effects]) -> Effects:
    """Return what several actions of one statement do together: the strongest lock per table, all objects."""
    every = tuple(parts)
    if len(every) == 1:
        return every[0]
    levels: dict[TableName, LockLevel] = {}
    for lock in (lock for part in every for lock in part.locks):
        levels[lock.table] = max(lock.level, levels.get(lock.table, LockLevel.NONE))
    return Effects(
        locks=tuple(TableLock(table, level) for table, level in levels.items()),
        rewrite=_surest([part.rewrite for part in every]),
        scan=_surest([part.scan for part in every]),
        index_build=True in [part.index_build for part in every],
        is_transactional=False not in [part.is_transactional for part in every],
        is_opaque=True in [part.is_opaque for part in every],
        creates=_all([part.creates for part in every]),
        removes=_all([part.removes for part in every]),
        renames=_all([part.renames for part in every]),
        missing=_each([part.missing for part in every]),
        rewrites=_each([part.rewrites for part in every]),
        scans=_each([part.scans for part in every]),
        without_rows=_each([part.without_rows for part in every]),
        errors=_each([part.errors for part in every]),
        is_unbounded=True in [part.is_unbounded for part in every],
    )


def located(effects: Effects) -> Effects:
    """Name the tables of a sure rewrite or scan where the fact does not: those that are locked the hardest."""
    is_rewritten = effects.rewrite is Fact.YES and not effects.rewrites
    is_scanned = effects.scan is Fact.YES and not effects.scans
    if not (is_rewritten or is_scanned):
        return effects
    level = effects.level
    hardest = tuple(lock.table for lock in effects.locks if lock.level is level)
    return replace(
        effects,
        rewrites=hardest if is_rewritten else effects.rewrites,
        scans=hardest if is_scanned else effects.scans,
    )


def _all(found: Sequence[tuple[_T, ...]]) -> tuple[_T, ...]:
    """Put the parts together: mostly all are empty, and an iterator over each field cost half of `combined`."""
    filled = [part for part in found if part]
    return filled[0] if len(filled) == 1 else tuple(chain.from_iterable(filled))


def _each(found: Sequence[tuple[_T, ...]]) -> tuple[_T, ...]:
    together = _all(found)
    return tuple(dict.fromkeys(together)) if len(together) > 1 else together


def _surest(facts: Sequence[Fact]) -> Fact:
    return next((fact for fact in _SUREST_FIRST if fact in facts), Fact.NO)
