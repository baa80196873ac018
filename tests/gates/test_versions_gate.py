"""Gate `versions` and the heartbeat: old code that is connected or alive closes; silence is unknown."""

from datetime import timedelta

import pytest

from migrator.config import Service, Settings
from migrator.deploys.alive import alive_versions
from migrator.errors import ConfigError, DatabaseFailed, ManifestError
from migrator.gates import versions
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.activity import client_sessions
from migrator.pg.connection import Connection, connect
from migrator.pg.failures import translated
from tests.fix_server import Database
from tests.gates.asking import question, register, until

_CHECKOUT = Service(app_name=r"^checkout/(?P<version>[^ +]+)")
_SETTINGS = Settings(services={"checkout": _CHECKOUT})


def ask(connection: Connection, required: str = ">=1.42", settings: Settings = _SETTINGS) -> GateResult:
    return versions.evaluate(question(connection, settings=settings, requires={"checkout": required}))


def beat(connection: Connection, version: str, instance: str | None = "pod-a", service: str = "checkout") -> None:
    connection.execute("SELECT migrator.heartbeat(%s, %s, %s)", (service, version, instance))


def test_an_old_session_closes_and_its_disconnect_opens(connection: Connection, database: Database) -> None:
    register(connection)
    beat(connection, "1.42", "pod-new")
    with connect(database.dsn, application_name="checkout/1.3.9+3f2a worker") as old:
        closed = ask(connection)
        pid = old.info.backend_pid
        assert closed.status is GateStatus.CLOSED
        assert closed.reason == f"old_instances 1 > 0 (checkout 1.3.9: pid {pid})"
    until(lambda: pid not in {session.pid for session in client_sessions(connection)}, "the session ended")
    opened = ask(connection)
    assert opened.status is GateStatus.OPEN
    assert opened.reason == "old_instances 0 = 0 (alive: checkout 1.42: pod-new)"


def test_old_heartbeats_are_named_together(one_connection: Connection) -> None:
    register(one_connection)
    for version, pod in (("1.3.9", "pod-a"), ("1.3.9", "pod-b"), ("v1.42.1+sha", "pod-c")):
        beat(one_connection, version, pod)
    assert ask(one_connection).reason == "old_instances 2 > 0 (checkout 1.3.9: pod-a, pod-b)"
    beat(one_connection, "1.42", "pod-a")
    beat(one_connection, "1.43.0", "pod-b")
    assert ask(one_connection).status is GateStatus.OPEN


def test_a_heartbeat_older_than_its_time_to_live_is_no_sign_of_life(one_connection: Connection) -> None:
    register(one_connection)
    beat(one_connection, "1.3.9")
    one_connection.execute("UPDATE migrator.instance SET last_seen = clock_timestamp() - interval '61 s'")
    result = ask(one_connection)
    assert result.status is GateStatus.UNKNOWN
    assert result.reason.startswith("checkout gives no sign of life (last heartbeat 61 s ago)")
    patient = Settings(services={"checkout": Service(heartbeat_ttl=timedelta(hours=1))})
    assert ask(one_connection, settings=patient).status is GateStatus.CLOSED


def test_a_required_service_that_was_never_seen_is_unknown(one_connection: Connection) -> None:
    register(one_connection)
    result = ask(one_connection, settings=Settings())
    assert result.status is GateStatus.UNKNOWN
    assert "it never called migrator.heartbeat and [services.checkout] has no app_name" in result.reason


def test_a_version_that_cannot_be_read_is_unknown_but_an_old_one_beside_it_closes(one_connection: Connection) -> None:
    register(one_connection)
    beat(one_connection, "main-3f2a9c", "pod-x")
    unreadable = ask(one_connection)
    assert unreadable.status is GateStatus.UNKNOWN
    assert "the version of checkout main-3f2a9c: pod-x cannot be read" in unreadable.reason
    beat(one_connection, "1.0", "pod-y")
    assert ask(one_connection).status is GateStatus.CLOSED


def test_a_version_cut_by_the_server_is_unknown(one_connection: Connection, one_database: Database) -> None:
    register(one_connection)
    beat(one_connection, "1.42")
    long = Settings(services={"checkout": Service(app_name=r"^checkout[^/]*/(?P<version>[^ +]+)")})
    with connect(one_database.dsn, application_name="checkout" + "x" * 49 + "/1.42.7"):
        result = ask(one_connection, settings=long)
    assert result.status is GateStatus.UNKNOWN
    assert "checkout ?: pid" in result.reason


def test_sessions_of_no_registered_service_are_told(one_connection: Connection, one_database: Database) -> None:
    register(one_connection)
    beat(one_connection, "1.42")
    with connect(one_database.dsn, application_name="psql"), connect(one_database.dsn, application_name="migrator/x"):
        result = ask(one_connection)
    assert result.status is GateStatus.OPEN
    assert result.reason.endswith("; connected, but of no registered service: 'psql'")


def test_a_release_candidate_comes_before_its_release(one_connection: Connection) -> None:
    register(one_connection)
    beat(one_connection, "1.43.0-rc.1")
    assert ask(one_connection).status is GateStatus.OPEN
    beat(one_connection, "1.42.0-rc.1")
    assert ask(one_connection).status is GateStatus.CLOSED


def test_every_required_service_is_judged(one_connection: Connection) -> None:
    register(one_connection)
    beat(one_connection, "1.42")
    beat(one_connection, "6", service="billing")
    asked = question(one_connection, settings=_SETTINGS, requires={"checkout": ">=1.42", "billing": ">=7"})
    assert versions.evaluate(asked).reason == "old_instances 1 > 0 (billing 6: pod-a)"


def test_a_specifier_or_a_pattern_that_cannot_be_used_is_an_input_error(one_connection: Connection) -> None:
    register(one_connection)
    with pytest.raises(ManifestError, match=r"requires\.checkout"):
        ask(one_connection, required="1.42 or so")
    for pattern in ("checkout/(", "checkout/(.*)"):
        with pytest.raises(ConfigError):
            ask(one_connection, settings=Settings(services={"checkout": Service(app_name=pattern)}))


def test_an_unprivileged_role_sees_the_application_names_of_others(connection: Connection, database: Database) -> None:
    register(connection)
    role = f"plain_{database.name}"
    connection.execute(f"CREATE ROLE {role}".encode())
    try:
        with connect(database.dsn, application_name="checkout/1.3.9"), connect(database.dsn) as plain:
            now = question(connection).now
            connection.execute(f"GRANT SELECT ON migrator.instance TO {role}".encode())
            plain.execute(f"SET ROLE {role}".encode())
            alive = alive_versions(plain, {"checkout": _CHECKOUT}, now)
        assert [instance.version for instance in alive.instances] == ["1.3.9"]
        assert alive.hidden_sessions == 0
    finally:
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def test_an_application_needs_no_privilege_but_to_call_the_heartbeat(
    connection: Connection, database: Database
) -> None:
    register(connection)
    role = f"app_{database.name}"
    connection.execute(f"CREATE ROLE {role}".encode())
    try:
        with connect(database.dsn) as app:
            app.execute(f"SET ROLE {role}".encode())
            app.execute("CREATE TEMP TABLE instance (service text, instance text, version text, last_seen timestamptz)")
            app.execute("SET search_path = pg_temp, public")
            beat(app, "1.42", None)
            pid = app.info.backend_pid
            with pytest.raises(DatabaseFailed, match="permission denied"), translated("Reading"):
                app.execute("SELECT * FROM migrator.instance")
            with pytest.raises(DatabaseFailed, match="permission denied"), translated("Changing"):
                app.execute("DELETE FROM migrator.instance")
        rows = connection.execute("SELECT service, instance, version FROM migrator.instance").fetchall()
        assert [(row["service"], row["version"]) for row in rows] == [("checkout", "1.42")]
        assert rows[0]["instance"].endswith(f"/{pid}")
        assert rows[0]["instance"].split("/")[0] in {"local", "127.0.0.1"}
    finally:
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def test_a_heartbeat_keeps_its_start_until_the_version_changes(one_connection: Connection) -> None:
    register(one_connection)
    sql = "SELECT started_at, last_seen FROM migrator.instance"
    beat(one_connection, "1.42")
    first = one_connection.execute(sql).fetchone()
    beat(one_connection, "1.42")
    second = one_connection.execute(sql).fetchone()
    beat(one_connection, "1.43")
    third = one_connection.execute(sql).fetchone()
    assert first
    assert second
    assert third
    assert second["started_at"] == first["started_at"]
    assert second["last_seen"] > first["last_seen"]
    assert third["started_at"] > first["started_at"]


def test_instances_that_were_silent_for_a_week_are_forgotten(one_connection: Connection) -> None:
    register(one_connection)
    beat(one_connection, "1.0")
    beat(one_connection, "7", "c", "cron")
    one_connection.execute("UPDATE migrator.instance SET last_seen = now() - interval '8 days'")
    beat(one_connection, "1.1", "new")
    rows = one_connection.execute("SELECT service, instance FROM migrator.instance ORDER BY service").fetchall()
    assert [(row["service"], row["instance"]) for row in rows] == [("checkout", "new"), ("cron", "c")]
