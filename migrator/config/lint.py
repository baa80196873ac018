"""`[lint]`: the decisions of the linter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from migrator.config.section import Section

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
    assume_transaction: bool | None = None
    """Whether the runner wraps each file in a transaction; unset: as the tool does whose files they seem to be."""
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
