"""The server's side of a runner that is gone: a backend works on after its client was killed.

A step's record names the backend by pid and start time, because pids are used again. While it works, the orphan holds
the runner's lock and keeps others out; a person may wait for it or have it cancelled.
"""

from dataclasses import dataclass
from datetime import datetime

from migrator.pg.driver import Connection
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class Orphan:
    """A backend that a step's record names and that is still there."""

    pid: int
    backend_start: datetime
    application: str
    state: str
    query: str
    age_seconds: float

    def __str__(self) -> str:
        """Return one phrase for messages."""
        who = f"{self.application or 'unnamed'}, {self.state or 'state not shown'}"
        return f"pid {self.pid} ({who}, connected {self.age_seconds:.0f} s ago: {self.query})"


def find_orphan(connection: Connection, pid: int, backend_start: datetime) -> Orphan | None:
    """Return the backend of that pid and start, or None when it has ended or is the asking one."""
    row = connection.execute(query("preflight.orphan"), {"pid": pid, "backend_start": backend_start}).fetchone()
    if row is None:
        return None
    text = " ".join((row["query"] or "").split())
    return Orphan(pid, backend_start, row["application"] or "", row["state"] or "", text, row["age_seconds"])


def cancel_orphan(connection: Connection, orphan: Orphan) -> None:
    """Cancel what the orphan runs; without a client its backend ends with it."""
    values = {"pid": orphan.pid, "backend_start": orphan.backend_start}
    connection.execute(query("preflight.cancel_query"), values)
