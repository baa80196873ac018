"""Settings: `migrator.toml` or `[tool.migrator]` in `pyproject.toml`, found by walking up; unknown keys are errors.

Order: option > environment > file > default. Secrets are never in the file: it names the environment variable
(`dsn_env`), file (`dsn_file`) or libpq service that holds them.
"""

from migrator.config.backfill import BackfillSettings, CriticalLoad, PrometheusSignal
from migrator.config.duration import Duration, format_duration, parse_duration
from migrator.config.environment import Environment, Service
from migrator.config.lint import LintPathSection, LintSection
from migrator.config.locks import LockSettings
from migrator.config.section import Section, explain
from migrator.config.settings import Settings, load_settings, resolve_dsn
from migrator.config.size import Size, format_size, parse_size
from migrator.config.time_window import TimeWindow
from migrator.config_file import find_file

__all__ = [
    "BackfillSettings",
    "CriticalLoad",
    "Duration",
    "Environment",
    "LintPathSection",
    "LintSection",
    "LockSettings",
    "PrometheusSignal",
    "Section",
    "Service",
    "Settings",
    "Size",
    "TimeWindow",
    "explain",
    "find_file",
    "format_duration",
    "format_size",
    "load_settings",
    "parse_duration",
    "parse_size",
    "resolve_dsn",
]
