"""Which versions of the registered services are alive: heartbeats within their time to live, and open sessions.

Two sources because each has a hole: a heartbeat misses a process that never calls it, `application_name` misses a
process that holds no connection right now. Read by the gate `versions`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from migrator.config import Service
from migrator.errors import ConfigError
from migrator.pg.activity import Session, client_sessions
from migrator.pg.driver import Connection
from migrator.pg.queries import query

_CUT_AT = 63
"""The server keeps this many bytes of `application_name`."""
_OURS = "migrator"


@dataclass(frozen=True, slots=True)
class Instance:
    """A live instance; `version` is None when its `application_name` names the service but no whole version."""

    service: str
    version: str | None
    name: str
    """The heartbeat's instance key, or `pid 1234` for a session."""
    source: str
    """`heartbeat` or `session`."""
    began_at: datetime | None = None
    """When the session began; None for a heartbeat, and where the server does not show it."""


@dataclass(frozen=True, slots=True)
class Alive:
    """What was seen at one moment."""

    instances: tuple[Instance, ...]
    last_heartbeats: Mapping[str, datetime]
    """Service -> its latest heartbeat, also one that is too old to count."""
    unidentified: tuple[str, ...]
    """`application_name`s of sessions that belong to no registered service, each once; the empty name as ''."""
    hidden_sessions: int
    """Sessions whose `application_name` the server does not show to our role."""
    strangers_since: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """Name in `unidentified` -> when its oldest session began, where the server shows it."""

    def of(self, service: str) -> tuple[Instance, ...]:
        """Return the service's live instances."""
        return tuple(instance for instance in self.instances if instance.service == service)


def alive_versions(connection: Connection, services: Mapping[str, Service], now: datetime) -> Alive:
    """Return every live instance of the services.

    Args:
        connection: a session in the database that the services use.
        services: service name -> how it is recognised.
        now: the database's clock; a heartbeat counts while it is younger than the service's `heartbeat_ttl`.

    Raises:
        ConfigError: a service's `app_name` is no regular expression with a group `version`.
    """
    patterns = {name: _pattern(name, service) for name, service in services.items() if service.app_name}
    rows = connection.execute(query("instances.alive", "migrator.deploys"), {"services": list(services)}).fetchall()
    sessions = [session for session in client_sessions(connection) if not _is_ours(session)]
    beating = [
        Instance(row["service"], row["version"], row["instance"], "heartbeat")
        for row in rows
        if now - row["last_seen"] < services[row["service"]].heartbeat_ttl
    ]
    found = {session.pid: list(_matches(session, patterns)) for session in sessions}
    named = [session for session in sessions if session.application is not None]
    strangers = [session for session in named if not found[session.pid]]
    return Alive(
        instances=(*beating, *(instance for matches in found.values() for instance in matches)),
        last_heartbeats=_latest((row["service"], row["last_seen"]) for row in rows),
        unidentified=tuple(sorted({session.application or "" for session in strangers})),
        hidden_sessions=len(sessions) - len(named),
        strangers_since=_oldest(strangers),
    )


def _pattern(name: str, service: Service) -> re.Pattern[str]:
    todo = f"Correct [services.{name}] app_name; for example ^{name}/(?P<version>[^ +]+)"
    try:
        pattern = re.compile(service.app_name or "")
    except re.error as exc:
        raise ConfigError(f"{service.app_name!r} is not a regular expression: {exc}.", todo) from exc
    if "version" not in pattern.groupindex:
        raise ConfigError(f"{service.app_name!r} has no group `version`.", todo)
    return pattern


def _matches(session: Session, patterns: Mapping[str, re.Pattern[str]]) -> Iterable[Instance]:
    for service, pattern in patterns.items():
        match = pattern.search(session.application or "")
        if match:
            yield Instance(service, _version(match), f"pid {session.pid}", "session", session.began_at)


def _version(match: re.Match[str]) -> str | None:
    """Return the version, or None when it is empty or reaches the place where the server cuts the name."""
    is_cut = len(match.string.encode()) >= _CUT_AT and match.end("version") == len(match.string)
    return None if is_cut else match["version"] or None


def _is_ours(session: Session) -> bool:
    return (session.application or "").partition("/")[0] == _OURS


def _oldest(sessions: Iterable[Session]) -> dict[str, datetime]:
    oldest: dict[str, datetime] = {}
    for session in sessions:
        if session.began_at is not None:
            name = session.application or ""
            oldest[name] = min(session.began_at, oldest.get(name, session.began_at))
    return oldest


def _latest(heartbeats: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for service, at in heartbeats:
        latest[service] = max(at, latest.get(service, at))
    return latest
