"""`dana` works in an empty folder on an empty database; `dana_everywhere` does so on every server."""

from pathlib import Path

import pytest

from tests.acceptance.person import Person, person_of
from tests.fix_server import Database


@pytest.fixture
def dana(one_database: Database, tmp_path: Path) -> Person:
    return person_of(one_database, tmp_path)


@pytest.fixture
def dana_everywhere(database: Database, tmp_path: Path) -> Person:
    return person_of(database, tmp_path)
