"""Doubts that a person looked at: a statement that may use what is removed, an index that goes without a word.

Written by `migrator gate ID --acknowledge`, with an audit row; read by the gates that can doubt. An acknowledgement
answers a doubt and never a certainty: a sure use stays one.
"""

from dataclasses import dataclass
from datetime import datetime

from migrator.errors import InputError
from migrator.pg.driver import Connection
from migrator.pg.queries import query
from migrator.state.store import Store

_SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who vouched for one subject, and why."""

    subject: str
    reason: str
    actor: str
    acknowledged_at: datetime


def acknowledge(store: Store, migration: str, gate: str, subject: str, reason: str) -> None:
    """Record a person's word, with its audit row.

    Raises:
        InputError: the reason says nothing.
    """
    reason = reason.strip()
    if len(reason) < _SHORTEST_REASON:
        raise InputError(f"The reason {reason!r} says nothing.", "Say what you looked at, in 10 characters or more.")
    values = {"gate": gate, "subject": subject, "reason": reason}
    with store.connection.transaction():
        store.connection.execute(_sql("acknowledge"), {**values, "migration": migration, "actor": store.actor})
        store.audit("gate.acknowledged", migration, values)


def acknowledged(connection: Connection, migration: str, gate: str) -> dict[str, Acknowledgement]:
    """Return what was acknowledged, by subject; nothing in a database without our tables."""
    there = connection.execute(_sql("exists")).fetchone()
    if not (there and there["installed"]):
        return {}
    rows = connection.execute(_sql("list"), {"migration": migration, "gate": gate})
    return {row["subject"]: Acknowledgement(**row) for row in rows}


def _sql(name: str) -> bytes:
    return query(f"acknowledgements.{name}", "migrator.state")
