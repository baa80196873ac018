"""The files that decide about a check: our configuration and CODEOWNERS, read from the base, never from the change."""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Literal, cast

from pydantic import ValidationError

from migrator.config.coupling import CouplingSection
from migrator.config.section import explain
from migrator.coupling.commit_files import CommitFiles
from migrator.coupling.evidence import Unknown
from migrator.git import FileChange
from migrator.references.decoded import text_of, utf8_of

_CODEOWNERS = (".github/CODEOWNERS", ".gitlab/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_CONFIGURATION = ("migrator.toml", "pyproject.toml")


class PolicyFiles:
    """Where they are; `configuration` is our file's path from the repository's top, empty for the usual names."""

    def __init__(self, configuration: str) -> None:
        self._given = configuration
        self._configurations = (configuration,) if configuration else _CONFIGURATION

    @property
    def paths(self) -> tuple[str, ...]:
        """All names, to read them at once."""
        return (*self._configurations, *_CODEOWNERS)

    def policy(
        self, base: CommitFiles, mode: Literal["strict", "phase-aware"] | None
    ) -> tuple[CouplingSection, list[Unknown]]:
        """Return the policy of the base, with the mode tightened when the caller asks for it."""
        try:
            section = self._section(base)
        except (ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            why = explain(exc) if isinstance(exc, ValidationError) else str(exc)
            text = f"The configuration at the base {base.commit[:12]} cannot be read: {why}. Correct it there first."
            return CouplingSection(), [Unknown(topic="policy", text=text)]
        return (section.model_copy(update={"mode": "strict"}) if mode == "strict" else section), []

    def changed(
        self, changes: Iterable[FileChange], sides: tuple[CommitFiles, CommitFiles], validate: Callable[[], object]
    ) -> tuple[str, ...]:
        """Return the changed files that decide; of pyproject.toml only a changed section of ours counts.

        Args:
            changes: of the check.
            sides: the files before and after.
            validate: raises when what the change makes of the configuration is not valid as a whole.
        """
        return tuple(self._changed(changes, sides, validate))

    def codeowners(self, base: CommitFiles) -> str:
        """Return the text of CODEOWNERS; empty when there is none."""
        found = (base.data(path) for path in _CODEOWNERS)
        return next((text_of(data) for data in found if data is not None), "")

    def _section(self, base: CommitFiles) -> CouplingSection:
        for path in self._configurations:
            data = base.data(path)
            if data is None:
                continue
            values = _ours(path, data)
            if values or path == self._given:
                return CouplingSection.model_validate(values.get("coupling", {}))
        return CouplingSection()

    def _changed(
        self, changes: Iterable[FileChange], sides: tuple[CommitFiles, CommitFiles], validate: Callable[[], object]
    ) -> Iterator[str]:
        for path in sorted({name for change in changes for name in (change.path, change.old_path) if name}):
            if path in self._configurations:
                validate()
            if path in _CODEOWNERS or (path in self._configurations and _differs(path, sides)):
                yield path


def _differs(path: str, sides: tuple[CommitFiles, CommitFiles]) -> bool:
    try:
        before, after = (_ours(path, side.data(path)).get("coupling") for side in sides)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return True
    return before != after


def _ours(path: str, data: bytes | None) -> dict[str, Any]:
    """Return what the file says to us: of pyproject.toml our section."""
    values: dict[str, Any] = {} if data is None else tomllib.loads(utf8_of(data))
    if PurePosixPath(path).name == "pyproject.toml":
        return cast("dict[str, Any]", values.get("tool", {}).get("migrator", {}))
    return values
