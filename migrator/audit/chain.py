"""The chain's arithmetic: what a row's hash is made of, and where a chain is broken. Needs no database.

A row's hash covers all of its fields and the hash of the row before it. So a changed, inserted, moved or missing row is
seen in the chain itself; only its newest rows can be taken away unseen. That is what a tip or an export, kept
elsewhere, is compared for. A chain that was computed anew from some row on is also found by these two alone.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from migrator.errors import InputError

FORMAT = "migrator.audit.1"
"""The first field of every hash: another choice or order of fields gets another name."""
GENESIS = "0" * 64
"""What stands for the hash before the first row."""


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of a chain, as it is printed at the end of a run: `SEQ:HASH`."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """Return what `audit verify --tip` reads."""
        return f"{self.seq}:{self.hash}"


def read_tip(text: str) -> Tip:
    """Read `SEQ:HASH`.

    Raises:
        InputError: it is no tip.
    """
    seq, mark, digest = text.strip().partition(":")
    if not mark or not seq.isdecimal() or len(digest) != len(GENESIS):
        raise InputError(f"{text!r} is no tip.", "Give it as a run printed it: SEQ:HASH.")
    return Tip(int(seq), digest.lower())


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the chain, as it is stored."""

    seq: int
    at: datetime
    actor: str
    db_role: str
    host: str
    tool_version: str
    action: str
    migration: str | None
    reason: str | None
    ticket: str | None
    commit_sha: str | None
    ci_run_url: str | None
    approvers: list[str] | None
    payload: str
    """The detail's JSON text, as it was hashed."""
    detail: str
    """The same as the database has it in its own column."""
    prev_hash: str
    hash: str

    @property
    def told_at(self) -> str:
        """RFC 3339, UTC, with microseconds."""
        return f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

    @property
    def computed(self) -> str:
        """The hash that the row must have, by its fields."""
        names = None if self.approvers is None else _json(self.approvers)
        told = (self.actor, self.db_role, self.host, self.tool_version, self.action, self.migration, self.reason)
        origin = (self.ticket, self.commit_sha, self.ci_run_url, names, self.payload)
        fields = (FORMAT, self.prev_hash, str(self.seq), self.told_at, *told, *origin)
        return hashlib.sha256(b"".join(map(_field, fields))).hexdigest()


def _field(value: str | None) -> bytes:
    """Return length and bytes, so that nothing can move from one field into the next."""
    if value is None:
        return b"-,"
    data = value.encode()
    return b"%d:%b," % (len(data), data)


def _json(value: object) -> str:
    """Return JSON as PostgreSQL writes an array of texts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the chain is not what it was; `seq` is the row at which it shows."""

    seq: int
    problem: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole chain found."""

    rows: int
    tip: Tip | None
    breaks: tuple[Break, ...]


def verify(chain: Iterable[AuditRow], kept: Iterable[Tip] = ()) -> Verified:
    """Return every break of the chain, and every row that somebody knows and that is no longer there as it was.

    Args:
        chain: all rows, oldest first.
        kept: rows of which somebody has number and hash elsewhere, from exports or from the ends of runs.
    """
    found: list[Break] = []
    missing: dict[int, set[str]] = {}
    for known in kept:
        missing.setdefault(known.seq, set()).add(known.hash)
    count, last = 0, None
    for row in chain:
        found += (Break(row.seq, problem) for problem in _problems(row, last))
        if missing.pop(row.seq, {row.hash}) != {row.hash}:
            found.append(Break(row.seq, "it is another row than the one that was kept elsewhere"))
        count, last = count + 1, Tip(row.seq, row.hash)
    end = f"row {last.seq}" if last else "no row at all"
    found += (Break(seq, f"it was kept elsewhere and is gone; the chain ends with {end}") for seq in sorted(missing))
    return Verified(count, last, tuple(found))


def _problems(row: AuditRow, last: Tip | None) -> Iterator[str]:
    if row.prev_hash != (last.hash if last else GENESIS):
        before = f"row {last.seq}" if last else "the beginning"
        yield f"it does not follow {before}: a row between them is gone, or one of them was changed"
    if row.computed != row.hash:
        yield "its fields are not those that were hashed"
    if json.loads(row.detail) != json.loads(row.payload):
        yield "its detail is not the one that was hashed"
