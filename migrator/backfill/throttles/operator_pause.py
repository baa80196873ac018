"""Waits while an operator asks for it: `migrator backfill pause`, from any host that reaches the database."""

from migrator.backfill.throttles.throttle import Reading, Throttle
from migrator.backfill.throttling import ThrottleContext
from migrator.pg.driver import Connection
from migrator.state import backfills


class OperatorPause:
    """Reads the backfill's own row."""

    name = "operator-pause"

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return over the limit while the row holds a reason."""
        return self._context.session.read(self._look, self.name)

    def _look(self, connection: Connection) -> Reading:
        reason = backfills.operator_pause(connection, self._context.migration, self._context.name)
        if reason is None:
            return Reading(self.name, is_over=False)
        return Reading(self.name, is_over=True, reason=f"paused by {reason}")


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return OperatorPause(context)
