"""What a recipe is: a frozen description of one change that renders the SQL of all its phases.

A recipe is pure. It knows the tables from the schema that it is given, never from a connection, so that the same
description gives the same files on every machine; the files are reviewed, and they are what runs.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from migrator.config import Duration, Section, explain
from migrator.errors import InputError
from migrator.names import MAX_BYTES, TableName
from migrator.schema.model import Schema

_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG = MAX_BYTES - len("zz_migrator_") - len("20260901_") - len("_u")
"""So that the names of triggers and functions, which carry the migration's id, stay readable and uncut."""


def _read_table(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return TableName.parse(value)
    except InputError as exc:
        raise ValueError(str(exc)) from exc


Target = Annotated[TableName, BeforeValidator(_read_table), PlainSerializer(str, return_type=str)]


@dataclass(frozen=True, slots=True)
class Rendering:
    """The files of a migration's folder: file name -> text."""

    files: Mapping[str, str]


class Recipe(Section):
    """One change to one table. The fields here are the terms on which it runs; a recipe adds its own arguments."""

    model_config = ConfigDict(populate_by_name=True, use_attribute_docstrings=True)

    owner: str = "unowned"
    """The team that is asked about it."""
    ticket: str = ""
    """Where the reason is written down."""
    depends_on: tuple[str, ...] = ()
    """Ids of migrations that must have migrated before."""
    contract_by: date | None = None
    """The deadline for removing the old; asked of every recipe that has a contract."""
    soak: Duration = timedelta(hours=72)
    """The shortest time between migrate and contract."""
    evidence: tuple[str, ...] = ("backfill", "dependencies", "soak", "approvals", "versions")
    """Names of the gates that must be open before the contract."""
    approvals: int = Field(default=1, ge=0)
    """How many people must approve the contract."""
    requires: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Service -> versions that may be alive when the old is removed, such as `>=1.42`."""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Check a mapping of arguments.

        Raises:
            InputError: an argument is missing, unknown or wrong; names all of them.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as exc:
            raise InputError(f"The recipe cannot be read: {explain(exc)}.", "Correct the argument.") from exc

    @abstractmethod
    def slug(self) -> str:
        """Return the change in a few words for the migration's id: `users_email_to_mail`."""

    @abstractmethod
    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:
        """Return the migration's files for a server of this major version.

        Raises:
            RecipeRefused: this table cannot be changed in this way; says why and what to do.
        """

    def migration_id(self, today: date) -> str:
        """Return the folder's name: `20260901_users_email_to_mail`."""
        return f"{today:%Y%m%d}_{self.slug()}"

    def arguments(self) -> dict[str, Any]:
        """Return the manifest's [recipe] table: the recipe's own fields that are not at their default."""
        values = self.model_dump(mode="json", by_alias=True, exclude=set(Recipe.model_fields), exclude_defaults=True)
        return {"kind": type(self).model_fields["kind"].default, **values}


def slug_of(*parts: str) -> str:
    """Return the parts as one word of lower-case letters, digits and underscores."""
    words = (_NOT_IN_IDS.sub("_", part.lower()).strip("_") for part in parts)
    return "_".join(word for word in words if word)[:_LONGEST_SLUG].rstrip("_")
