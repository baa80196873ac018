"""PostgreSQL's table lock levels, in PostgreSQL's words: what each one blocks.

Source: the conflict table of the PostgreSQL manual, chapter "Explicit Locking"; `tests/statements` compares the
levels that statements take with `pg_locks` on live servers.
"""

from enum import Enum, IntEnum


class LockLevel(IntEnum):
    """Table lock levels, weakest first; `max()` of two is the stronger one."""

    NONE = 0
    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    def __str__(self) -> str:
        """Return PostgreSQL's words: `ACCESS EXCLUSIVE`."""
        return "no lock" if self is LockLevel.NONE else self.name.replace("_", " ")

    @property
    def pg_mode(self) -> str:
        """The name in `pg_locks.mode`: `AccessExclusiveLock`."""
        return self.name.title().replace("_", "") + "Lock"

    @property
    def blocks(self) -> str:
        """What waits behind this lock, in words."""
        return _BLOCKS[self]

    def conflicts_with(self, other: "LockLevel") -> bool:
        """Return whether two sessions cannot hold the two levels on one table at once."""
        return other in _CONFLICTS[self]


class LockClass(Enum):
    """How a statement waits for its locks; each class has its own policy."""

    STRONG = "strong"
    """Blocks writers or readers: short `lock_timeout`s on a ladder, within a budget."""
    WEAK = "weak"
    """Blocks no reader and no writer but may run for hours: no `lock_timeout`, a watchdog."""
    NONE = "none"
    """Locks no existing table: one fixed `lock_timeout`."""


_BLOCKS = {
    LockLevel.NONE: "nothing",
    LockLevel.ACCESS_SHARE: "only DROP, TRUNCATE and most ALTER TABLE",
    LockLevel.ROW_SHARE: "only EXCLUSIVE and ACCESS EXCLUSIVE locks",
    LockLevel.ROW_EXCLUSIVE: "index builds, CREATE TRIGGER and most DDL",
    LockLevel.SHARE_UPDATE_EXCLUSIVE: "other DDL and VACUUM; reads and writes go on",
    LockLevel.SHARE: "all writes; reads go on",
    LockLevel.SHARE_ROW_EXCLUSIVE: "all writes; reads go on",
    LockLevel.EXCLUSIVE: "all writes; plain reads go on",
    LockLevel.ACCESS_EXCLUSIVE: "all reads and writes",
}

_L = LockLevel
_CONFLICTS: dict[LockLevel, frozenset[LockLevel]] = {
    _L.NONE: frozenset(),
    _L.ACCESS_SHARE: frozenset({_L.ACCESS_EXCLUSIVE}),
    _L.ROW_SHARE: frozenset({_L.EXCLUSIVE, _L.ACCESS_EXCLUSIVE}),
    _L.ROW_EXCLUSIVE: frozenset({_L.SHARE, _L.SHARE_ROW_EXCLUSIVE, _L.EXCLUSIVE, _L.ACCESS_EXCLUSIVE}),
    _L.SHARE_UPDATE_EXCLUSIVE: frozenset(level for level in _L if level >= _L.SHARE_UPDATE_EXCLUSIVE),
    _L.SHARE: frozenset(
        {_L.ROW_EXCLUSIVE, _L.SHARE_UPDATE_EXCLUSIVE, _L.SHARE_ROW_EXCLUSIVE, _L.EXCLUSIVE, _L.ACCESS_EXCLUSIVE}
    ),
    _L.SHARE_ROW_EXCLUSIVE: frozenset(level for level in _L if level >= _L.ROW_EXCLUSIVE),
    _L.EXCLUSIVE: frozenset(level for level in _L if level >= _L.ROW_SHARE),
    _L.ACCESS_EXCLUSIVE: frozenset(level for level in _L if level >= _L.ACCESS_SHARE),
}
