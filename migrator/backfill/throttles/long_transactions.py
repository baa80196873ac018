"""Waits while a transaction is older than `max_transaction_age` and keeps dead rows from being cleaned.

Each row that a backfill changes leaves a dead version. While somebody may still see it, neither vacuum nor the pruning
of pages can reclaim its room: the table grows, and stripes save nothing.
"""

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown
from migrator.config import format_duration
from migrator.pg.driver import Connection
from migrator.pg.queries import query


class LongTransactions:
    """Asks for the oldest; one transaction ends at once, so no second limit is needed to let go."""

    name = "long-transactions"
    interval_seconds = 0.5

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return over the limit, with the transaction's session in the reason."""
        if self._context.pace.now.max_transaction_age is None:
            return clear(self.name)
        return self._context.background.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        row = connection.execute(query("signals.oldest_transaction", "migrator.backfill")).fetchone() or {}
        limit = self._context.pace.now.max_transaction_age
        if not row.get("may_read"):
            return unknown(self.name, f"run: GRANT pg_read_all_stats TO {row.get('role')}")
        age = row["age_seconds"]
        if limit is None or age is None or age <= limit.total_seconds():
            return clear(self.name)
        return over(
            self.name,
            f"a transaction of {row['who']} is {age:.0f} s old, over max_transaction_age {format_duration(limit)}",
        )


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return LongTransactions(context)
