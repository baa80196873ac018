"""Waits while vacuum works on the table (`pause_for_autovacuum`), or too many of its rows are dead (`max_dead_rows`).

Both write to the same pages; a backfill that outruns vacuum makes the table grow for good. The same look measures how
many times as large the table is as when the backfill began, for the metrics.
"""

from migrator.backfill.hysteresis import Hysteresis
from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query
from migrator.state import orders


class Autovacuum:
    """Looks at the table with its partitions, each second."""

    name = "autovacuum"
    interval_seconds = 1.0

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._limit = Hysteresis()
        self._bytes_at_start: int | None = None

    def read(self) -> Reading:
        """Return over the limit, with what is at work in the reason."""
        return self._context.background.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        table = self._context.table
        values = {"schema": table.schema, "name": table.name}
        row = connection.execute(query("signals.table_health", "migrator.backfill"), values).fetchone() or {}
        if not row.get("parts"):
            return unknown(self.name, f"{table} does not exist")
        growth = self._growth(connection, row["bytes"])
        reason = self._reason(row)
        return over(self.name, reason, growth=growth) if reason else clear(self.name, growth=growth)

    def _reason(self, row: Row) -> str:
        pace, table = self._context.pace.now, self._context.table
        if pace.pause_for_autovacuum and row["vacuums"]:
            return f"vacuum works on {table} ({row['phase']})"
        share = row["dead"] / max(row["live"], 1)
        if pace.max_dead_rows is None:
            self._limit.release()
        elif self._limit.is_over(share, pace.max_dead_rows):
            return (
                f"{row['dead']:,} rows of {table} are dead, {100 * share:.0f}% of the live ones, over max_dead_rows "
                f"{100 * pace.max_dead_rows:.0f}%: it waits for vacuum"
            )
        return ""

    def _growth(self, connection: Connection, size: int) -> float:
        if self._bytes_at_start is None:
            migration, name = self._context.migration, self._context.name
            orders.remember_size(connection, migration, name, size)
            self._bytes_at_start = orders.read(connection, migration, name).bytes_at_start or size
        return size / max(self._bytes_at_start, 1)


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return Autovacuum(context)
