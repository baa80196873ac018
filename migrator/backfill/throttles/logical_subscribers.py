"""Waits while a replication slot retains more log than `max_slot_wal`, or is about to lose what its reader needs.

A logical subscriber (a copy in another database, change data capture) confirms in its own time; what it has not
confirmed stays on the primary's disk. `unreserved` means that the next checkpoint may remove log that the reader still
needs, after which it must be made anew: that holds a backfill back without any limit set. A slot that nobody needs is
dropped, or given up with `migrator backfill forget-replica SLOT`.
"""

from collections.abc import Iterator

from migrator.backfill.hysteresis import Hysteresis
from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over
from migrator.config import format_size
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query
from migrator.state import backfills

_FORGET = "migrator backfill forget-replica"


class LogicalSubscribers:
    """Looks at every permanent slot."""

    name = "logical-subscribers"
    interval_seconds = 0.25

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._limits: dict[str, Hysteresis] = {}

    def read(self) -> Reading:
        """Return over the limit, with the slots in the reason."""
        return self._context.background.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        slots = connection.execute(query("signals.slots", "migrator.backfill")).fetchall()
        _, forgotten = backfills.known_replicas(connection)
        reasons = [reason for slot in slots if slot["name"] not in forgotten for reason in self._reasons(slot)]
        return over(self.name, "; ".join(reasons)) if reasons else clear(self.name)

    def _reasons(self, slot: Row) -> Iterator[str]:
        name, limit = slot["name"], self._context.pace.now.max_slot_wal
        if slot["wal_status"] == "unreserved":
            yield f"replication slot {name} is about to lose log that its reader needs: look at its reader"
        elif slot["wal_status"] == "lost" and slot["kind"] == "logical":
            yield f"replication slot {name} has lost its log: make the subscriber anew and drop it, or {_FORGET} {name}"
        elif limit is not None and self._limits.setdefault(name, Hysteresis()).is_over(slot["retained"], limit):
            idle = "" if slot["active"] else " with no reader on it"
            yield (
                f"replication slot {name} retains {format_size(slot['retained'])} of log{idle}, "
                f"over max_slot_wal {format_size(limit)}"
            )


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return LogicalSubscribers(context)
