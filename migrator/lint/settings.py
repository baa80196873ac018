"""What a project decides about the linter: severities, per path, and how its files are run.

The configuration file's section `[lint]` is read elsewhere (`migrator.config`, with pydantic, only when there is a
file); these are the same decisions as plain values, so that a run without a file imports nothing for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from migrator.errors import ConfigError
from migrator.lint.finding import Severity

OFF = "off"
LEVELS = ("error", "warning", OFF)


@dataclass(frozen=True)
class PathSettings:
    """Decisions for the files that match one of the patterns (gitignore's form)."""

    match: tuple[str, ...]
    rules: Mapping[str, str] = field(default_factory=dict[str, str])
    assume_transaction: bool | None = None

    def covers(self, path: PurePath) -> bool:
        """Whether a path, relative to the configuration file, is meant."""
        return self._spec.match_file(path.as_posix())

    @cached_property
    def _spec(self) -> Any:  # noqa: ANN401 pathspec is imported only when a path is configured
        from pathspec import PathSpec

        return PathSpec.from_lines("gitignore", self.match)


@dataclass(frozen=True)
class LintSettings:
    """The decisions of a project; without any, the rules' own."""

    rules: Mapping[str, str] = field(default_factory=dict[str, str])
    """Rule id to error, warning or off."""
    paths: tuple[PathSettings, ...] = ()
    """Later ones win."""
    assume_transaction: bool | None = None
    """Whether the runner wraps each file in a transaction; None: as the tool does whose file it seems to be."""
    placeholders: Mapping[str, str] = field(default_factory=dict[str, str])
    """The SQL text that stands for a template's placeholder, by its name."""
    root: Path | None = None
    """The folder to which patterns are relative: that of the configuration file; None: where we are."""

    def for_file(self, path: str) -> "FileSettings":
        """Return what holds for one file."""
        if not self.paths:
            return FileSettings(self.rules, self.assume_transaction)
        levels, is_wrapped = dict(self.rules), self.assume_transaction
        for section in self._sections(path):
            levels |= section.rules
            is_wrapped = is_wrapped if section.assume_transaction is None else section.assume_transaction
        return FileSettings(levels, is_wrapped)

    def check(self, known_rules: Sequence[str]) -> None:
        """Find what names no rule.

        Raises:
            ConfigError: a rule or a level does not exist.
        """
        for levels in (self.rules, *(section.rules for section in self.paths)):
            for rule, level in levels.items():
                if rule not in known_rules:
                    raise ConfigError(f"[lint] names {rule!r}, which is no rule.", "`migrator lint rules` lists them.")
                if level not in LEVELS:
                    raise ConfigError(f"[lint] sets {rule} to {level!r}.", f"Write one of {', '.join(LEVELS)}.")

    def _sections(self, path: str) -> list[PathSettings]:
        root = (self.root or Path.cwd()).absolute()
        absolute = Path.cwd() / path
        relative = absolute.relative_to(root) if absolute.is_relative_to(root) else absolute
        return [section for section in self.paths if section.covers(relative)]


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What holds for one file."""

    levels: Mapping[str, str]
    assume_transaction: bool | None

    def is_on(self, rule: str, *, is_default: bool) -> bool:
        """Whether the rule is asked at all."""
        return self.levels.get(rule, "" if is_default else OFF) != OFF

    def severity(self, rule: str, own: Severity) -> Severity:
        """Return the level that the project has set, else the claim's own."""
        level = self.levels.get(rule)
        return Severity(level) if level is not None else own
