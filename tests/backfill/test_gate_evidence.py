"""What the gate says of a backfill's proof: that there was one, where and of what, or why there is none."""

import pytest

from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.verify import How, verify
from migrator.gates import backfill
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection
from tests.backfill.scenes import MIGRATION, install_state, request
from tests.fix_server import Database
from tests.gates.asking import question


@pytest.fixture(autouse=True)
def _table(one_connection: Connection) -> None:
    install_state(one_connection)
    one_connection.execute("CREATE TABLE items (id int PRIMARY KEY, old int, new int)")
    one_connection.execute("INSERT INTO items SELECT g, g FROM generate_series(1, 100) g")


def evaluated(connection: Connection) -> GateResult:
    return backfill.evaluate(question(connection, migration=MIGRATION, backfills=("x",)))


def test_the_proof_and_what_takes_it_back(one_database: Database, one_connection: Connection) -> None:
    values = {"table": "items", "name": "x", "set": {"new": "old"}, "where": "new IS NULL"}
    asked = request(one_database.dsn, BackfillSpec.model_validate(values | {"limits": {"batch_size": 10}}))
    BackfillRunner(asked).run()
    closed = evaluated(one_connection)
    assert closed.status is GateStatus.CLOSED
    assert "x is finished, not verified" in closed.reason
    verify(asked, How(sample=50))
    assert "only a sample of 50 % was looked at" in evaluated(one_connection).reason

    verify(asked)
    opened = evaluated(one_connection)
    assert opened.status is GateStatus.OPEN
    assert "x 100 looked at on the primary at 20" in opened.reason
    [facts] = opened.evidence["backfills"]  # type: ignore[misc]
    assert facts["verification"]["checked"] == ["where", "set"]
    assert (facts["verification"]["rows"], facts["verification"]["sample"], facts["quarantined"]) == (100, 100.0, 0)
    verify(asked, How(sample=50))
    [facts] = evaluated(one_connection).evidence["backfills"]  # type: ignore[misc]
    assert (facts["verification"]["sample"], facts["verification"]["sampled"]["sample"]) == (100.0, 50.0)

    one_connection.execute("UPDATE items SET new = 7 WHERE id = 9")
    verify(asked)
    closed = evaluated(one_connection)
    assert closed.status is GateStatus.CLOSED
    assert "x is finished, not verified: 0 rows left, 1 different, 0 set aside when it was looked at" in closed.reason
    [facts] = closed.evidence["backfills"]  # type: ignore[misc]
    assert facts["verification"]["keys"] == [["9"]]


def test_a_proof_that_compared_nothing_says_so(one_database: Database, one_connection: Connection) -> None:
    values = {"table": "items", "name": "x", "sql": "UPDATE items SET new = old WHERE :range"}
    asked = request(one_database.dsn, BackfillSpec.model_validate(values))
    BackfillRunner(asked).run()
    verify(asked)
    opened = evaluated(one_connection)
    assert opened.status is GateStatus.OPEN
    assert "nothing to compare them with" in opened.reason
