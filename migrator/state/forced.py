"""Gates that two people let pass although they were not open. Rows are kept for ever; nothing here changes one."""

from dataclasses import dataclass, fields
from datetime import datetime

from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class ForcedGate:
    """One row of `migrator.forced_gate`."""

    migration: str
    phase: str
    gate: str
    checksum: str
    """Of the contract's text; for another text the force does not count."""
    actor: str
    reason: str
    approvers: tuple[str, ...]
    url: str
    """Where they approved it."""
    head: str
    """The commit that they looked at."""
    evidence_sha256: str
    """Of the file that showed their approval."""
    found_status: str
    """What the gate said when it was forced."""
    found_reason: str
    forced_at: datetime | None = None

    @property
    def words(self) -> str:
        """Who forced it, who approved that, and why."""
        when = f" on {self.forced_at:%Y-%m-%d %H:%M}" if self.forced_at else ""
        return f"forced by {self.actor}{when}, approved by {', '.join(self.approvers)}: {self.reason}"


def record(connection: Connection, forced: ForcedGate) -> None:
    """Write the row, inside the caller's transaction with its audit row."""
    values = {name.name: getattr(forced, name.name) for name in fields(forced)}
    connection.execute(_sql("record"), {**values, "approvers": list(forced.approvers)})


def forced_gates(connection: Connection, migration: str | None = None) -> tuple[ForcedGate, ...]:
    """Return every force of a migration, or of all, oldest first; also those that no longer count."""
    rows = connection.execute(_sql("list"), {"migration": migration})
    return tuple(_forced(row) for row in rows)


def _forced(row: Row) -> ForcedGate:
    values = dict(row)
    return ForcedGate(approvers=tuple(values.pop("approvers")), **values)


def _sql(name: str) -> bytes:
    return query(f"forced.{name}", "migrator.state")
