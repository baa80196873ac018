"""`[env.NAME]` and `[services.NAME]`: where a database is, and what runs against it."""

from datetime import timedelta
from pathlib import Path

from migrator.config.duration import Duration
from migrator.config.section import Section


class Service(Section):
    """An application whose running versions are registered."""

    app_name: str | None = None
    """Regular expression on `application_name` with a group `version`: `^checkout/(?P<version>[^ +]+)`."""
    heartbeat_ttl: Duration = timedelta(seconds=60)
    """An instance that has not called `migrator.heartbeat` for this long is no longer alive."""


class Environment(Section):
    """Where one environment's database is, without its secrets."""

    dsn_env: str | None = None
    """The environment variable that holds the connection string."""
    dsn_file: Path | None = None
    """The file that holds the connection string, relative to the configuration file."""
    service: str | None = None
    """The libpq service (pg_service.conf) that describes the connection."""
    replicas: tuple[str, ...] = ()
    """`application_name`s of replicas that must be there while a backfill runs, besides those seen at its start."""

    def below(self, folder: Path) -> "Environment":
        """Return the section with a relative file name read from this folder."""
        return self.model_copy(update={"dsn_file": folder / self.dsn_file}) if self.dsn_file else self
