"""Gate `releases`: what live versions were built from, against what the contract removes."""

from migrator.config import Service, Settings
from migrator.gates import releases
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection
from migrator.references.reference import Confidence, Place, Reference, Usage
from migrator.references.releases import publish
from migrator.references.scan import Scanned
from migrator.state.store import Store
from tests.gates.asking import column, question, register, thing

_EMAIL = Reference("users", Place("app/report.py", 7), Confidence.EXACT, Usage.READ, "email")
_ALL = Reference("users", Place("app/export.py", 3), Confidence.RESOLVED, Usage.READ, schema="public", is_star=True)
_MAIL = Reference("users", Place("app/users.py", 9), Confidence.EXACT, Usage.READ, "mail", "public")
_ELSEWHERE = Reference("users", Place("app/users.py", 9), Confidence.EXACT, Usage.READ, "email", "audit")


def ask(connection: Connection, settings: Settings | None = None) -> GateResult:
    registered = Settings(services={"checkout": Service()}) if settings is None else settings
    return releases.evaluate(question(connection, settings=registered, removes=(column("email"),)))


def beat(connection: Connection, version: str, instance: str = "pod-a") -> None:
    connection.execute("SELECT migrator.heartbeat('checkout', %s, %s)", [version, instance])


def released(connection: Connection, version: str, *uses: Reference) -> None:
    publish(Store(connection, "ci"), "checkout", version, "3f2a", Scanned(uses, 1))


def test_a_live_version_whose_manifest_uses_the_column_closes_until_it_is_gone(one_connection: Connection) -> None:
    register(one_connection)
    released(one_connection, "1.41", _MAIL, _EMAIL)
    released(one_connection, "1.42", _MAIL, _ELSEWHERE)
    beat(one_connection, "1.41")
    beat(one_connection, "v1.42+3f2a", "pod-b")
    closed = ask(one_connection)
    assert closed.status is GateStatus.CLOSED
    use = "checkout 1.41 uses column public.users.email at app/report.py:7 (exact)"
    assert closed.reason == f"uses 1 > 0 ({use})"
    beat(one_connection, "1.42")
    assert ask(one_connection).status is GateStatus.OPEN


def test_all_columns_are_that_column_too(one_connection: Connection) -> None:
    register(one_connection)
    released(one_connection, "1.42", _ALL)
    beat(one_connection, "1.42")
    assert "app/export.py:3 (resolved)" in ask(one_connection).reason


def test_a_live_version_without_a_manifest_is_unknown(one_connection: Connection) -> None:
    register(one_connection)
    released(one_connection, "1.42", _MAIL)
    beat(one_connection, "1.42")
    beat(one_connection, "1.43", "pod-b")
    result = ask(one_connection)
    assert result.status is GateStatus.UNKNOWN
    assert result.reason.startswith("no manifest of checkout 1.43;")


def test_a_registered_service_that_is_not_seen_and_no_service_at_all_are_unknown(one_connection: Connection) -> None:
    register(one_connection)
    assert ask(one_connection).reason == "checkout gives no sign of life"
    assert ask(one_connection, Settings()).status is GateStatus.UNKNOWN


def test_a_removed_table_is_joined_too(one_connection: Connection) -> None:
    register(one_connection)
    released(one_connection, "1.42", _MAIL)
    beat(one_connection, "1.42")
    settings = Settings(services={"checkout": Service()})
    asked = question(one_connection, settings=settings, removes=(thing("table", "users"),))
    assert releases.evaluate(asked).status is GateStatus.CLOSED
