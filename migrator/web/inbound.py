"""What deploy systems may tell over HTTP: the deploys of services. Everything here writes and asks for the token."""

import hmac
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from migrator.config import explain
from migrator.deploys.deployments import record_deploy
from migrator.errors import ConfigError, InputError
from migrator.state.store import Store
from migrator.web.database import Database

LONGEST_BODY = 16_384
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Deploy:
    """The body of POST /api/v1/deploys."""

    service: str = Field(min_length=1, max_length=200)
    version: str = Field(min_length=1, max_length=200)
    status: Literal["started", "finished", "failed"] = "finished"
    sha: str | None = Field(default=None, max_length=200)


@dataclass(frozen=True)
class Token:
    """The secret that writers show; it is in no output."""

    secret: str = Field(repr=False)

    def is_shown_by(self, authorization: str) -> bool:
        """Whether the header `Authorization` holds it; takes the same time whatever is wrong with it."""
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self.secret.encode())


def read_token(file: Path) -> Token:
    """Read the token from its file.

    Raises:
        ConfigError: the file cannot be read, or what it holds could be guessed.
    """
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{file} cannot be read: {exc}.", "Give another with --token-file.") from exc
    if len(text) < _SHORTEST_TOKEN:
        todo = "Write a random one, for example with `openssl rand -hex 32`."
        raise ConfigError(f"The token in {file} has fewer than {_SHORTEST_TOKEN} characters.", todo)
    return Token(text)


def read_deploy(body: bytes) -> Deploy:
    """Read the body of a request.

    Raises:
        InputError: no JSON, or keys that we do not know.
    """
    try:
        return TypeAdapter(Deploy).validate_json(body)
    except ValidationError as exc:
        raise InputError(f"The body is not valid: {explain(exc)}.", "Send service, version, status and sha.") from exc


def record(database: Database, actor: str, deploy: Deploy) -> None:
    """Record a deploy, with its audit row.

    Raises:
        DatabaseFailed: the database is away.
    """
    with database.session() as connection:
        record_deploy(Store(connection, actor), deploy.service, deploy.version, deploy.status, deploy.sha)
