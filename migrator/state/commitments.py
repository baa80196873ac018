"""The ledger of promises: every accepted override of the coupling check owes a postmortem by a date.

Written by `migrator coupling check` and `coupling close`, each with an audit row in the same transaction; read by the
next check, which accepts no override while one is overdue.
"""

from dataclasses import dataclass
from datetime import datetime

from migrator.errors import InputError
from migrator.pg.driver import Row
from migrator.pg.queries import query
from migrator.state.store import Store

_SHORTEST_NOTE = 10


@dataclass(frozen=True, slots=True)
class Commitment:
    """One row of `migrator.commitment`."""

    id: str
    url: str
    reason: str
    postmortem: str
    approvers: tuple[str, ...]
    head: str
    due: datetime
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str | None
    closing_note: str | None
    is_overdue: bool


def commitments(store: Store) -> tuple[Commitment, ...]:
    """Return every promise, open ones first, the most urgent at the top."""
    rows = store.connection.execute(_sql("list")).fetchall()
    return tuple(_commitment(row) for row in rows)


def _commitment(row: Row) -> Commitment:
    values = dict(row)
    return Commitment(approvers=tuple(values.pop("approvers")), **values)


def open_commitment(
    store: Store, *, id_: str, url: str, reason: str, postmortem: str, approvers: tuple[str, ...], head: str, due: str
) -> bool:
    """Record a promise; return False when it is there already.

    Args:
        store: of the session that records.
        id_: names the change: `org/shop#7@3f2a…`.
        url: where the change is.
        reason: why it could not wait.
        postmortem: where it will be.
        approvers: who let it pass.
        head: the commit.
        due: RFC 3339.
    """
    values = {"url": url, "reason": reason, "postmortem": postmortem, "head": head, "due": due}
    with store.connection.transaction():
        row = store.connection.execute(
            _sql("open"), {**values, "id": id_, "approvers": list(approvers), "actor": store.actor}
        ).fetchone()
        if row is not None:
            store.audit("override.accepted", None, {**values, "id": id_, "approvers": list(approvers)})
    return row is not None


def close_commitment(store: Store, id_: str, note: str) -> None:
    """Record that a promise was kept.

    Raises:
        InputError: there is no such open promise, or the note says nothing.
    """
    note = note.strip()
    if len(note) < _SHORTEST_NOTE:
        raise InputError(f"The note {note!r} says nothing.", "Say where the postmortem is and what came of it.")
    with store.connection.transaction():
        row = store.connection.execute(_sql("close"), {"id": id_, "note": note, "actor": store.actor}).fetchone()
        if row is None:
            raise InputError(f"There is no open commitment {id_}.", "See `migrator coupling commitments`.")
        store.audit("commitment.closed", None, {"id": id_, "note": note})


def _sql(name: str) -> bytes:
    return query(f"commitments.{name}", "migrator.state")
