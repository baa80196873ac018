"""Fixtures of the whole suite: the servers found once, a database per test, an application with a migration."""

from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.fix_server", "tests.fix_app"]

# a deadline of examples would be an assertion about time, which a busy machine breaks
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

_MIDDLE = "pg16"
_EACH_SERVER = {"recipes", "backfill", "phases", "gates", "faults", "lint"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the server between the oldest and the newest to the thorough suite, except where facts are compared."""
    here = Path(__file__).parent
    for item in items:
        if _MIDDLE in item.name and item.path.relative_to(here).parts[0] in _EACH_SERVER:
            item.add_marker(pytest.mark.thorough)
