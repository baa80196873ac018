"""Soft drops: which columns are kept from applications for a while, and what their roles had before.

Taken and given back in the same transaction as the row that says so. A migration that ends, done or undone, gives
everything back with its change of state.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from migrator.pg.driver import Connection, Jsonb
from migrator.pg.grants import Saved, Unbound, give_back, present_columns, take_columns
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class SoftDrop:
    """The one that is on; `role` is the canary, None when all roles are meant."""

    role: str | None
    saved: tuple[Saved, ...]
    unbound: tuple[Unbound, ...]
    began_at: datetime
    actor: str


def active(connection: Connection, migration: str) -> SoftDrop | None:
    """Return the soft drop that is on, or None."""
    row = connection.execute(_sql("active"), {"migration": migration}).fetchone()
    if row is None:
        return None
    saved = tuple(Saved(**each) for each in row["saved"])
    unbound = tuple(Unbound(**each) for each in row["unbound"])
    return SoftDrop(row["role"], saved, unbound, row["began_at"], row["actor"])


def last_reason(connection: Connection, migration: str) -> str:
    """Return why the last one ended; empty when there was none."""
    row = connection.execute(_sql("last"), {"migration": migration}).fetchone()
    return f"{row['reason']} ({row['ended_at']:%Y-%m-%d %H:%M:%S %Z})" if row else ""


def begin(
    connection: Connection, migration: str, columns: Mapping[int, Collection[str]], role: str | None, actor: str
) -> None:
    """Take the columns from all roles, or from one; one that is on is given back first, in the same transaction."""
    with connection.transaction():
        end(connection, migration, "it began again for other roles", actor)
        taken = take_columns(connection, columns, role)
        saved, unbound = ([asdict(each) for each in part] for part in (taken.saved, taken.unbound))
        values = {"migration": migration, "role": role, "actor": actor}
        connection.execute(_sql("begin"), {**values, "saved": Jsonb(saved), "unbound": Jsonb(unbound)})


def end(connection: Connection, migration: str, reason: str, actor: str) -> bool:
    """Give back what was taken; return False when nothing was on."""
    with connection.transaction():
        found = active(connection, migration)
        if found is None:
            return False
        give_back(connection, found.saved, present_columns(connection, found.saved))
        connection.execute(_sql("end"), {"migration": migration, "reason": reason, "actor": actor})
    return True


def _sql(name: str) -> bytes:
    return query(f"soft_drops.{name}", "migrator.state")
