"""Who is connected to this database: the sessions of applications, from `pg_stat_activity`."""

from dataclasses import dataclass
from datetime import datetime

from migrator.pg.driver import Connection
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class Session:
    """A client's session; `application` is None when the server does not show it to us."""

    pid: int
    role: str | None
    application: str | None
    client: str | None
    began_at: datetime | None = None
    """None for other roles' sessions without pg_read_all_stats."""


def client_sessions(connection: Connection) -> tuple[Session, ...]:
    """Return the client sessions in this database other than the asking one.

    `application_name` is shown to every role; `client` is None for other roles' sessions without pg_read_all_stats.
    """
    return tuple(Session(**row) for row in connection.execute(query("gates.sessions")))
