"""Settings: `migrator.toml` or `[tool.migrator]` in `pyproject.toml`, found by walking up; unknown keys are errors.

Order: option > environment > file > default. Secrets are never in the file: it names the environment variable
(`dsn_env`), file (`dsn_file`) or libpq service that holds them.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from migrator.config_file import find_file
from migrator.errors import ConfigError

__all__ = [
    "BackfillSettings",
    "Duration",
    "Environment",
    "LintPathSection",
    "LintSection",
    "LockSettings",
    "Section",
    "Service",
    "Settings",
    "explain",
    "find_file",
    "format_duration",
    "load_settings",
    "parse_duration",
    "resolve_dsn",
]

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\Z")


def parse_duration(value: object) -> object:
    """Read `200ms`, `2s`, `15m`, `72h` or `7d`; a bare number is refused because it has no unit."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a duration; write 200ms, 2s, 15m, 72h or 7d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def format_duration(value: timedelta) -> str:
    """Return the shortest text that `parse_duration` reads back: `200ms`, `2s`, `72h`."""
    milliseconds = round(value.total_seconds() * 1000)
    for unit in ("d", "h", "m", "s"):
        size = int(_UNITS[unit] * 1000)
        if milliseconds and milliseconds % size == 0 and (unit != "d" or milliseconds // size > 3):  # noqa: PLR2004
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)]


class Section(BaseModel):
    """A part of a file that a person writes: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LockSettings(Section):
    """How long strong statements may try to get their locks."""

    budget: Duration = timedelta(minutes=15)
    """All attempts of one step together."""
    longest_wait: Duration = timedelta(seconds=2)
    """The longest single `lock_timeout`; while it runs, queries queue behind us."""
    statement_timeout: Duration = timedelta(seconds=5)
    """The longest run of a statement that blocks readers or writers, once it has its lock."""
    weak_watchdog: Duration = timedelta(hours=4)
    """The longest run of a statement that blocks nobody, such as CREATE INDEX CONCURRENTLY."""
    runner_wait: Duration = timedelta(seconds=15)
    """How long to wait for another runner's lock before giving up."""


class BackfillSettings(Section):
    """Defaults for backfills; a manifest's `limits` override them."""

    target_batch: Duration = timedelta(milliseconds=200)
    """How long one batch's transaction may take; the batch size adapts to it."""
    max_lag: Duration = timedelta(seconds=2)
    """Longest lag of any replica; above it the backfill waits until the lag is at half of it."""
    batch_size: int = Field(default=1000, ge=1)
    """Rows of the first batch; later ones adapt to `target_batch`."""


Level = Literal["error", "warning", "off"]


class LintPathSection(Section):
    """Decisions of the linter for some files."""

    match: tuple[str, ...] = Field(min_length=1)
    """Patterns of gitignore's form, relative to the configuration file."""
    rules: Mapping[str, Level] = Field(default_factory=dict[str, Level])
    """Rule to error, warning or off."""
    assume_transaction: bool | None = None
    """Whether the runner wraps these files in a transaction."""


class LintSection(Section):
    """Decisions of the linter; options win over them."""

    fail_on: Literal["error", "warning", "never"] = "error"
    """The lowest severity that makes the exit code 1."""
    assume_transaction: bool = False
    """Whether the runner wraps each file in a transaction; a comment `-- migrator: no-transaction` overrides it."""
    rules: Mapping[str, Level] = Field(default_factory=dict[str, Level])
    """Rule to error, warning or off, for all files."""
    paths: tuple[LintPathSection, ...] = ()
    """The same for some files; later ones win."""
    exclude: tuple[str, ...] = ()
    """Files that are not linted unless they are named, as patterns of gitignore's form."""
    placeholders: Mapping[str, str] = Field(default_factory=dict[str, str])
    """The SQL text for each placeholder of templates: `{{ name }}`, `${name}`, `:name`, `%(name)s`."""
    history: tuple[Path, ...] = ()
    """Files that come before the linted ones; without any, the folder of migrations is its own history."""
    schema_dump: Path | None = None
    """A dump of the whole schema before the linted files."""
    baseline: Path | None = None
    """The file of findings that are known."""

    def below(self, folder: Path) -> "LintSection":
        """Return the same with the paths in this folder."""
        named = {"schema_dump": self.schema_dump, "baseline": self.baseline}
        files = {name: folder / path for name, path in named.items() if path is not None}
        return self.model_copy(update={"history": tuple(folder / path for path in self.history), **files})


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


class Settings(Section):
    """The whole configuration file."""

    migrations: Path = Path("migrations")
    """The folder of migrations, relative to the configuration file."""
    pg_version: int = Field(default=17, ge=12, le=18)
    """Server version that lint judges by; commands with a connection ask the server."""
    owner: str = "unowned"
    """The owner that `migrator new` writes."""
    locks: LockSettings = LockSettings()
    backfill: BackfillSettings = BackfillSettings()
    lint: LintSection = LintSection()
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


def explain(error: ValidationError) -> str:
    """Return pydantic's findings as one line: `backfill.0.limits.max_lag: '2' is not a duration; …`."""
    lines: list[str] = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in item["loc"]) or "file"
        message = "unknown key" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
        lines.append(f"{where}: {message}")
    return "; ".join(lines)


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
