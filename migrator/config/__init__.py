"""Settings: `migrator.toml` or `[tool.migrator]` in `pyproject.toml`, found by walking up; unknown keys are errors.

Order: option > environment > file > default. Secrets are never in the file: it names the environment variable
(`dsn_env`), file (`dsn_file`) or libpq service that holds them.

Each section is a module, imported when it is first asked for: a coupling check reads one of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
_HOMES = {
    "BackfillSettings": "migrator.config.backfill",
    "CriticalLoad": "migrator.config.backfill",
    "Duration": "migrator.config.duration",
    "Environment": "migrator.config.environment",
    "LintPathSection": "migrator.config.lint",
    "LintSection": "migrator.config.lint",
    "LockSettings": "migrator.config.locks",
    "PrometheusSignal": "migrator.config.backfill",
    "Section": "migrator.config.section",
    "Service": "migrator.config.environment",
    "Settings": "migrator.config.settings",
    "Size": "migrator.config.size",
    "TimeWindow": "migrator.config.time_window",
    "explain": "migrator.config.section",
    "find_file": "migrator.config_file",
    "format_duration": "migrator.config.duration",
    "format_size": "migrator.config.size",
    "load_settings": "migrator.config.settings",
    "parse_duration": "migrator.config.duration",
    "parse_size": "migrator.config.size",
    "resolve_dsn": "migrator.config.settings",
}


def __getattr__(name: str) -> object:
    """Return what another module defines (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
