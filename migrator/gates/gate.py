"""What a gate is asked and what it answers. Unknown is never open.

Each file beside this one holds one kind of evidence with a `NAME` and an `evaluate(question)` function; discovery
is by `pkgutil`, so that adding a file adds a gate. `migrator.gates.evaluate` runs those that a manifest asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from migrator.statements.effects import ObjectRef

if TYPE_CHECKING:
    from migrator.config import Settings
    from migrator.pg.connection import Connection


@dataclass(frozen=True, slots=True)
class Authors:
    """Everybody who changed the migration's files, under every name that is known of them."""

    names: frozenset[str]
    """In lower case: names, addresses, the part before the @, logins."""
    problem: str = ""
    """Why they cannot be told; then nobody can be ruled out."""


class GateStatus(Enum):
    """Open lets the phase begin; closed and unknown do not."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate's answer: `reason` in words, `<what was seen> <compared with> <what is asked>`; evidence as JSON."""

    gate: str
    status: GateStatus
    reason: str
    evidence: Mapping[str, object] = field(default_factory=dict[str, object])
    is_forced: bool = False
    """Two people let it pass; `reason` says who, and what the gate itself says."""


def of_all(gate: str, results: Sequence[tuple[GateStatus, str]], evidence: Mapping[str, object]) -> GateResult:
    """Return the answer of a gate that asked several: the worst one's status, with the words of all that have it."""
    statuses = {status for status, _ in results}
    worst = next(each for each in (GateStatus.CLOSED, GateStatus.UNKNOWN, GateStatus.OPEN) if each in statuses)
    return GateResult(gate, worst, "; ".join(words for status, words in results if status is worst), evidence)


@dataclass(frozen=True, slots=True)
class GateQuestion:
    """All that a gate may look at: one migration, one phase, one connection outside any transaction."""

    migration: str
    phase: str
    connection: "Connection"
    settings: "Settings"
    removes: tuple[ObjectRef, ...]
    """What the phase's files remove or rename, read from their SQL."""
    makes: tuple[ObjectRef, ...]
    """What this migration created itself (its trigger, function, shadow column): no evidence against it."""
    checksum: str
    """SHA-256 of the manifest's contract section and the phase's file; approvals are bound to it."""
    soak: timedelta
    approvals: int
    """How many distinct people must have approved."""
    requires: Mapping[str, str]
    """Service name -> version specifier, such as `>=1.42`."""
    backfills: tuple[str, ...]
    """Names of the migration's backfills, as recorded in `migrator.backfill`."""
    owner: str
    now: datetime
    """The database's clock."""
    keeps: tuple[ObjectRef, ...] = ()
    """What the phase's files hand over before its owner goes: sequences, by ALTER SEQUENCE … OWNED BY."""
    renames: tuple[ObjectRef, ...] = ()
    """Those of `removes` that only get another name: what the catalog ties to them follows, texts do not."""
    plan_id: str | None = None
    """The plan that would run now; None once a part of it has run. Approvals are bound to it as well."""
    authors: "Authors | None" = None
    """Who wrote the files; None where nobody asks."""
    returns: tuple[ObjectRef, ...] = ()
    """Names that mean something again when the phase has ended: its files rename another object to them, or
    make a view again."""

    @property
    def gone(self) -> tuple[ObjectRef, ...]:
        """What texts can no longer name afterwards: what is removed, but for a place that another object takes."""
        return tuple(ref for ref in self.removes if ref not in self.returns)
