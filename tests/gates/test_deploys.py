"""Gate `versions` with recorded deploys: what is older than the deploy, and what was rolled back."""

from datetime import timedelta

import pytest

from migrator.config import Service, Settings
from migrator.config.gates import GateSettings, VersionsGate
from migrator.deploys.deployments import list_deploys, record_deploy
from migrator.errors import InputError
from migrator.gates import versions
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection, connect
from migrator.state.store import Store
from tests.fix_server import Database
from tests.gates.asking import now, question, register

_CHECKOUT = Service(app_name=r"^checkout(/(?P<version>[^ +]+))?")


def ask(connection: Connection, *bystanders: str) -> GateResult:
    gates = GateSettings(versions=VersionsGate(bystanders=bystanders))
    settings = Settings(services={"checkout": _CHECKOUT}, gates=gates)
    return versions.evaluate(question(connection, settings=settings, requires={"checkout": ">=1.42"}))


def beat(connection: Connection) -> None:
    register(connection)
    connection.execute("SELECT migrator.heartbeat('checkout', '1.42', 'pod-new')")


def test_a_session_without_version_that_is_older_than_the_deploy_is_an_old_one(
    one_connection: Connection, one_database: Database
) -> None:
    beat(one_connection)
    with connect(one_database.dsn, application_name="checkout") as old:
        assert ask(one_connection).status is GateStatus.UNKNOWN
        record_deploy(Store(one_connection, "cd"), "checkout", "1.42", commit="3f2a")
        closed = ask(one_connection)
        assert closed.status is GateStatus.CLOSED
        assert closed.reason == f"old_instances 1 > 0 (checkout ?: pid {old.info.backend_pid})"
    with connect(one_database.dsn, application_name="checkout") as young:
        result = ask(one_connection)
        assert result.status is GateStatus.UNKNOWN
        assert f"checkout ?: pid {young.info.backend_pid}" in result.reason


def test_a_stranger_that_is_older_than_the_deploy_is_a_doubt(
    one_connection: Connection, one_database: Database
) -> None:
    beat(one_connection)
    with connect(one_database.dsn, application_name="psql"):
        assert ask(one_connection).status is GateStatus.OPEN
        record_deploy(Store(one_connection, "cd"), "checkout", "1.42")
        doubtful = ask(one_connection)
        assert doubtful.status is GateStatus.UNKNOWN
        assert doubtful.reason.startswith("'psql' is connected since before checkout 1.42 was deployed")
        assert ask(one_connection, "^psql$").status is GateStatus.OPEN


def test_a_service_that_was_rolled_back_closes(one_connection: Connection) -> None:
    beat(one_connection)
    store = Store(one_connection, "cd")
    record_deploy(store, "checkout", "1.42", at=now(one_connection) - timedelta(hours=2))
    record_deploy(store, "checkout", "1.43", "failed")
    assert ask(one_connection).status is GateStatus.OPEN
    record_deploy(store, "checkout", "1.41")
    closed = ask(one_connection)
    assert closed.status is GateStatus.CLOSED
    assert closed.reason.startswith("the last deploy of checkout is 1.41, not >=1.42")
    assert [d.version for d in list_deploys(one_connection, "checkout")] == ["1.41", "1.43", "1.42"]
    assert [row.action for row in store.history()].count("deploy.recorded") == 3


def test_a_deploy_without_a_name_is_refused(one_connection: Connection) -> None:
    register(one_connection)
    with pytest.raises(InputError):
        record_deploy(Store(one_connection, "cd"), " ", "1.42")
