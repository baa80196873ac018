"""What deploy systems told about versions: recorded by `migrator deploy record`, read by the gate `versions`.

A record says what was asked for, not what runs: it never opens a gate. It tells which sessions are older than the
version that should be there, and that a service was rolled back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from migrator.errors import InputError
from migrator.pg.driver import Connection
from migrator.pg.queries import query
from migrator.state.store import Store

DeployStatus = Literal["started", "finished", "failed"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """The last finished deploy of a service."""

    service: str
    version: str
    deployed_at: datetime


@dataclass(frozen=True, slots=True)
class DeployRecord:
    """One line of `migrator deploy list`."""

    service: str
    version: str
    status: str
    commit_sha: str | None
    deployed_at: datetime
    actor: str


def record_deploy(
    store: Store,
    service: str,
    version: str,
    status: DeployStatus = "finished",
    commit: str | None = None,
    at: datetime | None = None,
) -> None:
    """Record a deploy, with its audit row.

    Args:
        store: of the session that records.
        service: as in `[services.NAME]` and in heartbeats.
        version: what was deployed, or rolled back to.
        status: of the deploy.
        commit: of the code.
        at: when it reached this status; None is now, by the database's clock.

    Raises:
        InputError: a name is empty.
    """
    if not service.strip() or not version.strip():
        raise InputError("A deploy has a service and a version.", "Give --service and --version.")
    detail = {"service": service, "version": version, "status": status, "commit": commit}
    with store.connection.transaction():
        store.connection.execute(_sql("record"), {**detail, "at": at, "actor": store.actor})
        store.audit("deploy.recorded", None, detail)


def list_deploys(connection: Connection, service: str | None = None, limit: int = 50) -> tuple[DeployRecord, ...]:
    """Return the newest deploys, of one service or of all."""
    rows = connection.execute(_sql("list"), {"service": service, "limit": limit})
    return tuple(DeployRecord(**row) for row in rows)


def latest_deploys(connection: Connection, services: Iterable[str]) -> dict[str, Deployed]:
    """Return the last finished deploy of each service that has one."""
    rows = connection.execute(_sql("latest"), {"services": list(services)})
    return {row["service"]: Deployed(**row) for row in rows}


def _sql(name: str) -> bytes:
    return query(f"deploys.{name}", "migrator.deploys")
