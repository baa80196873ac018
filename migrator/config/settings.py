"""The whole configuration file, and the connection string that it leads to."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import Field, ValidationError

from migrator.config.backfill import BackfillSettings
from migrator.config.coupling import CouplingSection
from migrator.config.environment import Environment, Service
from migrator.config.gates import GateSettings
from migrator.config.lint import LintSection
from migrator.config.locks import LockSettings
from migrator.config.section import Section, explain
from migrator.errors import ConfigError


class Settings(Section):
    """The whole configuration file."""

    migrations: Path = Path("migrations")
    """The folder of migrations, relative to the configuration file."""
    pg_version: int = Field(default=17, ge=12, le=18)
    """Server version that lint judges by; commands with a connection ask the server."""
    owner: str = "unowned"
    """The owner that `migrator new` writes."""
    locks: LockSettings = Field(default_factory=LockSettings)
    backfill: BackfillSettings = Field(default_factory=BackfillSettings)
    lint: LintSection = Field(default_factory=LintSection)
    coupling: CouplingSection = Field(default_factory=CouplingSection)
    gates: GateSettings = Field(default_factory=GateSettings)
    services: Mapping[str, Service] = Field(default_factory=dict[str, Service])
    env: Mapping[str, Environment] = Field(default_factory=dict[str, Environment])

    def only(self, env: str | None) -> "Settings":
        """Return the settings with the one environment that is worked on; its replicas are the ones expected."""
        return self.model_copy(update={"env": {env: self.env[env]} if env is not None and env in self.env else {}})


def load_settings(file: Path | None) -> Settings:
    """Read the file (or the defaults without one); `migrations` becomes an absolute path.

    Raises:
        ConfigError: the file cannot be read, has an unknown key or a wrong value.
    """
    if file is None:
        return Settings(migrations=Path.cwd() / "migrations")
    try:
        data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"{file} cannot be read: {exc}.", "Correct the file or name another with --config.") from exc
    if file.name == "pyproject.toml":
        data = cast("dict[str, Any]", data.get("tool", {}).get("migrator", {}))
    try:
        settings = Settings.model_validate(data)
    except ValidationError as exc:
        raise ConfigError(f"{file} is not valid: {explain(exc)}.", "Correct the key.") from exc
    env = {name: section.below(file.parent) for name, section in settings.env.items()}
    return settings.model_copy(update={"migrations": file.parent / settings.migrations, "env": env})


def resolve_dsn(settings: Settings, *, dsn: str | None, env: str | None) -> str:
    """Return the connection string: `--dsn`, else the environment's section, else MIGRATOR_DSN, DATABASE_URL, PG*.

    Raises:
        ConfigError: the named environment does not exist, or its secret is not there.
    """
    if dsn:
        return dsn
    if env is None:
        return os.environ.get("MIGRATOR_DSN") or os.environ.get("DATABASE_URL") or ""
    section = settings.env.get(env)
    if section is None:
        known = ", ".join(sorted(settings.env)) or "none"
        raise ConfigError(f"There is no [env.{env}] in the configuration (known: {known}).", "Name one with --env.")
    if section.dsn_env:
        value = os.environ.get(section.dsn_env)
        if not value:
            raise ConfigError(f"The environment variable {section.dsn_env} is not set.", f"Set it for --env {env}.")
        return value
    if section.dsn_file:
        try:
            return section.dsn_file.read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise ConfigError(f"{section.dsn_file} cannot be read: {exc}.", f"Check [env.{env}] dsn_file.") from exc
    if section.service:
        return f"service={section.service}"
    raise ConfigError(f"[env.{env}] names no database.", "Give it dsn_env, dsn_file or service.")
