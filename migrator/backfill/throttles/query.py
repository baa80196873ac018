"""Waits while your own SQL (`query`) does not answer true.

    query = "SELECT count(*) < 100, 'the queue is long' FROM jobs WHERE state = 'waiting'"

The first column is a boolean; a second one, if any, is the reason. It runs each second, read-only, for a second at
most; no row, NULL or an error is not known, and holds the backfill back.
"""

from migrator.backfill.signals import SignalSession, ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown
from migrator.backfill.user_query import ask
from migrator.pg.driver import Connection


class Query:
    """Asks on a thread and a session of its own: a slow query must not hide the lag of a replica."""

    name = "query"
    interval_seconds = 1.0
    is_slow = True

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context
        self._session = SignalSession(context.connect)

    def read(self) -> Reading:
        """Return over the limit, with the query's own words as the reason."""
        if self._context.pace.now.query is None:
            return clear(self.name)
        return self._session.read(self._look, self.name)

    def close(self) -> None:
        """Close its session."""
        self._session.close()

    def _look(self, connection: Connection) -> Reading:
        question = self._context.pace.now.query
        answer = ask(connection, question or "SELECT true")
        if answer.is_true is None:
            return unknown(self.name, f"it answers no boolean: {question}")
        return clear(self.name) if answer.is_true else over(self.name, answer.words or f"query is false: {question}")


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return Query(context)
