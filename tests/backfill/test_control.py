"""What an operator asks for that is not there."""

import pytest

from migrator.backfill import control
from migrator.errors import InputError
from migrator.pg.connection import Connection
from tests.backfill.scenes import MIGRATION, install_state


def test_unknown_backfills_cannot_be_paused(one_connection: Connection) -> None:
    install_state(one_connection)
    with pytest.raises(InputError, match="has no backfill nothing that has begun"):
        control.find(one_connection, MIGRATION, "nothing")
    with pytest.raises(InputError, match="has no backfill that has begun"):
        control.find(one_connection, MIGRATION)
