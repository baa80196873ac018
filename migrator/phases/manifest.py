"""`migration.toml`: what a person declares about a migration. What it touches and removes is read from its SQL."""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import Field, ValidationError, field_validator

from migrator.backfill.spec import BackfillSpec
from migrator.config import Duration, Section, explain
from migrator.errors import ManifestError


class MigrationSection(Section):
    """Who and why."""

    owner: str = "unowned"
    """The team that is asked about it."""
    ticket: str = ""
    """Where the reason is written down."""
    depends_on: tuple[str, ...] = ()
    """Ids of migrations that must have migrated before this one expands."""


class ContractSection(Section):
    """When and on what evidence the old shape may go."""

    contract_by: date
    """The deadline: a contract that is still open after it is overdue."""
    soak: Duration = timedelta(0)
    """Minimum time between the end of migrate and the contract."""
    evidence: tuple[str, ...] = ("backfill", "dependencies", "soak", "approvals", "versions")
    """Gates that must be open, by name."""
    approvals: int = Field(default=0, ge=0)
    """How many people must approve the contract's files as they are."""
    requires: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Service -> versions that may be alive, as a specifier: `>=1.42`."""

    @field_validator("requires")
    @classmethod
    def _specifiers(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for service, text in value.items():
            try:
                SpecifierSet(text)
            except InvalidSpecifier as exc:
                raise ValueError(f"{service}: {text!r} is not a version specifier such as >=1.42") from exc
        return value


class Manifest(Section):
    """The whole file."""

    migration: MigrationSection = MigrationSection()
    recipe: Mapping[str, Any] | None = None
    """The recipe's kind and arguments when the files were rendered by `migrator new`."""
    backfill: tuple[BackfillSpec, ...] = ()
    contract: ContractSection | None = None

    @field_validator("backfill")
    @classmethod
    def _names_differ(cls, value: tuple[BackfillSpec, ...]) -> tuple[BackfillSpec, ...]:
        names = [spec.name for spec in value]
        if len(set(names)) != len(names):
            raise ValueError("two backfills have the same name; give one a `name`")
        return value

    @property
    def contract_by(self) -> date | None:
        """The deadline, when there is something to contract."""
        return self.contract.contract_by if self.contract else None


def read_manifest(path: Path) -> Manifest:
    """Read `migration.toml`.

    Raises:
        ManifestError: unreadable, unknown key or wrong type; the message names the key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ManifestError(
            f"{path} does not exist.", "A migration is a folder with migration.toml and expand.sql; see `migrator new`."
        ) from exc
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ManifestError(f"{path} cannot be read: {exc}.", "Correct the file.") from exc
    try:
        return Manifest.model_validate(data)
    except ValidationError as exc:
        raise ManifestError(f"{path} is not valid: {explain(exc).rstrip('.')}.", "Correct the key.") from exc
