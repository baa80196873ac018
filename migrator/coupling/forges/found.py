"""Which forge a CI job belongs to; the HTTP client is loaded only when there is one and a token for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from migrator.clock import Clock
from migrator.coupling.ci import CiContext
from migrator.errors import InputError

if TYPE_CHECKING:
    from migrator.coupling.forges.forge import Forge, ForgeOf


def find_forge(ci: CiContext, environment: Mapping[str, str], clock: Clock) -> "Forge | None":
    """Return the forge that the CI names, for its request; None without a token or a request number."""
    forge_of = find_forges(ci, environment, clock)
    return None if forge_of is None or ci.number is None else forge_of(ci.number)


def find_forges(ci: CiContext, environment: Mapping[str, str], clock: Clock) -> "ForgeOf | None":
    """Return the forge that the CI names, for any request of its repository; None without a token.

    Raises:
        InputError: the token cannot be one.
    """
    names = {
        "github": ("MIGRATOR_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"),
        "gitlab": ("MIGRATOR_TOKEN", "GITLAB_TOKEN"),
    }.get(ci.forge, ())
    token = _token(environment, names)
    if not token or not ci.repository:
        return None
    from migrator.coupling.forges.github import GitHub
    from migrator.coupling.forges.gitlab import GitLab

    kind = GitHub if ci.forge == "github" else GitLab
    return lambda number: kind(ci.api_url, ci.repository, number, token, clock)


def _token(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return the first token that is given; a secret that comes from a file ends with a new line."""
    for name in names:
        token = environment.get(name, "").strip()
        if not token.isascii() or (token and not token.isprintable()):
            raise InputError(f"{name} holds characters that no token has.", "Store it again.")
        if token:
            return token
    return ""
