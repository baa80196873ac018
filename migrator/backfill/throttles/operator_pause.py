"""Waits while an operator asks for it: `migrator backfill pause`, from any host that reaches the database.

The same look ends the run after `backfill cancel` and `backfill panic`, and takes what `backfill set` has changed.
"""

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown
from migrator.errors import Cancelled, InputError
from migrator.pg.driver import Connection
from migrator.state import orders
from migrator.state.orders import Orders


class OperatorPause:
    """Reads the backfill's own row before every batch."""

    name = "operator-pause"

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return over the limit while the row holds a reason."""
        return self._context.session.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        asked = orders.read(connection, self._context.migration, self._context.name)
        if asked.panic is not None or asked.cancelled is not None:
            return self._ended(asked)
        try:
            self._context.pace.take(asked.params)
        except InputError as exc:  # set by a newer version of this tool
            return unknown(self.name, exc.situation)
        return clear(self.name) if asked.pause is None else over(self.name, f"paused by {asked.pause}")

    def _ended(self, asked: Orders) -> Reading:
        if asked.panic is not None:
            end = Cancelled(
                f"All backfills of this database were stopped by {asked.panic}.",
                "What is done is recorded. `migrator backfill panic --end` lets them run again.",
            )
        else:
            end = Cancelled(
                f"Backfill {self._context.name} was cancelled by {asked.cancelled}.",
                f"What is done is recorded. `migrator backfill resume {self._context.migration}` lets it run again.",
            )
        return Reading(self.name, is_over=True, reason=end.situation, end=end)


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return OperatorPause(context)
