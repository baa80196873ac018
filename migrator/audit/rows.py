"""Reads the chain from the database: page by page, its newest rows, its tip."""

from collections.abc import Iterator
from datetime import datetime

from migrator.audit.chain import AuditRow, Tip
from migrator.pg.driver import Connection
from migrator.pg.queries import query

_PAGE = 5000


def rows(connection: Connection, since: datetime | None = None) -> Iterator[AuditRow]:
    """Yield every row, oldest first; with `since`, those from then on."""
    after = -1
    while True:
        values = {"after": after, "since": since, "limit": _PAGE}
        page = [AuditRow(**row) for row in connection.execute(_sql("page"), values)]
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].seq


def tail(connection: Connection, count: int) -> tuple[AuditRow, ...]:
    """Return the newest rows, oldest of them first."""
    return tuple(AuditRow(**row) for row in connection.execute(_sql("tail"), {"limit": count}))


def tip(connection: Connection) -> Tip | None:
    """Return the newest row's number and hash; None when nothing was ever recorded."""
    row = connection.execute(_sql("tip")).fetchone()
    return Tip(**row) if row else None


def _sql(name: str) -> bytes:
    return query(f"audit.{name}", "migrator.audit")
