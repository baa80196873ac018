"""Fixtures of the coupling tests."""

from tests.coupling.checking import feature
from tests.coupling.forge_server import forge
from tests.coupling.repositories import repo

__all__ = ["feature", "forge", "repo"]
