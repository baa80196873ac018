"""Dates and times as a Python function of a backfill gets them: those that Python has no value for come as text.

`infinity`, a year before 1 or after 9999 and `24:00` are values like others in PostgreSQL; one of them among the rows
of a batch must not be the end of a backfill.
"""

from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

from migrator.pg.driver import errors, psycopg

_TYPES = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")


class _OrText(Loader):
    """Loads as psycopg does, and what it cannot load as the server wrote it."""

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        usual = psycopg.adapters.get_loader(oid, Format.TEXT)
        self._usual = None if usual is None else usual(oid, context)

    def load(self, data: Buffer) -> object:
        try:
            return str(bytes(data), "ascii") if self._usual is None else self._usual.load(data)
        except errors.DataError:
            return str(bytes(data), "ascii")


def take_all_times(context: AdaptContext) -> None:
    """Let the cursor or connection give any date and time, as text where Python has none."""
    for name in _TYPES:
        context.adapters.register_loader(name, _OrText)
