"""Approvals: who agreed to a phase of a migration, for which checksum of its files and which plan, and why.

Written by `migrator approve`, read by the gate `approvals`. A new checksum needs a new approval, and the old one stays
as a record; for a new plan of the same files the person's row is renewed, and the audit has both.
"""

from dataclasses import dataclass
from datetime import datetime

from migrator.errors import InputError
from migrator.pg.driver import Connection, errors
from migrator.pg.queries import query

SHORTEST_REASON = 10
"""Characters: enough for "see ABC-12", too many for "ok"."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One row of `migrator.approval`."""

    migration: str
    phase: str
    actor: str
    checksum: str
    reason: str
    approved_at: datetime
    plan_id: str | None = None
    """The plan that was looked at; None for an approval by the version before."""


def approve(
    connection: Connection,
    migration: str,
    phase: str,
    *,
    actor: str,
    checksum: str,
    reason: str,
    plan_id: str | None = None,
) -> Approval:
    """Record that `actor` approves the phase as files and plan are now; a second time returns the first record.

    May be called inside the caller's transaction, together with its audit row.

    Raises:
        InputError: no name, a reason that says nothing, or a migration that never began.
    """
    actor, reason = actor.strip(), reason.strip()
    if not actor:
        raise InputError("An approval needs the name of a person.", "Give it with --actor.")
    if len(reason) < SHORTEST_REASON:
        raise InputError(
            f"The reason {reason!r} is shorter than {SHORTEST_REASON} characters.",
            "Say with --reason what was looked at, for example the dashboard or the ticket.",
        )
    what = {"migration": migration, "phase": phase, "checksum": checksum, "plan_id": plan_id}
    values = {**what, "actor": actor, "reason": reason}
    try:
        with connection.transaction():
            connection.execute(query("approvals.record", "migrator.state"), values)
            row = connection.execute(query("approvals.one", "migrator.state"), values).fetchone()
    except errors.ForeignKeyViolation as exc:
        raise InputError(
            f"The migration {migration} has not begun in this database.", "Run `migrator expand` first."
        ) from exc
    return Approval(**(row or {}))


def list_approvals(connection: Connection, migration: str, phase: str | None = None) -> tuple[Approval, ...]:
    """Return the approvals of a migration, oldest first, also those of files that changed since."""
    values = {"migration": migration, "phase": phase}
    return tuple(Approval(**row) for row in connection.execute(query("approvals.list", "migrator.state"), values))
