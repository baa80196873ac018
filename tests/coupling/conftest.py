"""Fixtures of the coupling tests."""

from tests.coupling.repositories import repo

__all__ = ["repo"]
