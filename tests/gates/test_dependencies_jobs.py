"""Gate `dependencies`: jobs of pg_cron, and what a person can answer."""

from migrator.gates import dependencies
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection
from migrator.state.acknowledgements import acknowledge
from migrator.state.store import Store
from migrator.statements.effects import ObjectRef
from tests.gates.asking import MIGRATION, column, question, register, thing

_TABLES = """
CREATE TABLE users (id bigint PRIMARY KEY, email text, mail text);
CREATE INDEX two ON users (email, mail);
CREATE SCHEMA cron;
CREATE TABLE cron.job (
    jobid bigint, schedule text, command text, database text DEFAULT current_database(), username text, active boolean
);
"""


def ask(connection: Connection, *removes: ObjectRef) -> GateResult:
    return dependencies.evaluate(question(connection, removes=removes))


def job(connection: Connection, command: str, *, active: bool = True, database: str = "") -> None:
    connection.execute("DELETE FROM cron.job")
    connection.execute(
        "INSERT INTO cron.job VALUES (7, '* * * * *', %s, coalesce(nullif(%s, ''), current_database()), 'app', %s)",
        [command, database, active],
    )


def test_a_job_that_uses_the_column_closes(one_connection: Connection) -> None:
    one_connection.execute(_TABLES)
    two = thing("index", "two")
    assert ask(one_connection, column("email"), two).status is GateStatus.OPEN
    for command in ("DELETE FROM users WHERE email IS NULL", "INSERT INTO users SELECT 1, 'a', 'b'"):
        job(one_connection, command)
        assert "job 7 of pg_cron uses column public.users.email" in ask(one_connection, column("email"), two).reason
    job(one_connection, "CALL nightly('users', 'email')")
    assert ask(one_connection, column("email"), two).status is GateStatus.UNKNOWN
    for command, active, database in (
        ("DELETE FROM users WHERE mail IS NULL", True, ""),
        ("DELETE FROM users WHERE email IS NULL", False, ""),
        ("DELETE FROM users WHERE email IS NULL", True, "another"),
    ):
        job(one_connection, command, active=active, database=database)
        assert ask(one_connection, column("email"), two).status is GateStatus.OPEN


def test_jobs_in_another_database_cannot_be_seen(one_connection: Connection) -> None:
    one_connection.execute("CREATE TABLE users (id int, email text)")
    one_connection.execute("SET cron.database_name = 'jobs'")
    result = ask(one_connection, column("email"))
    assert result.status is GateStatus.UNKNOWN
    assert result.reason.startswith("a job of pg_cron, whose table is in the database jobs, may use column")


def test_what_vanishes_silently_is_named_in_the_file_or_acknowledged(one_connection: Connection) -> None:
    register(one_connection)
    one_connection.execute(_TABLES)
    closed = ask(one_connection, column("email"))
    assert closed.reason == "users 1 > 0 (index public.two vanishes with column public.users.email)"
    store = Store(one_connection, "ann")
    acknowledge(store, MIGRATION, "dependencies", "index public.two", "nobody asks by both any more")
    assert ask(one_connection, column("email")).status is GateStatus.OPEN
    assert "gate.acknowledged" in [row.action for row in store.history()]


def test_what_would_break_cannot_be_acknowledged(one_connection: Connection) -> None:
    register(one_connection)
    one_connection.execute("CREATE TABLE users (id int, email text); CREATE VIEW v AS SELECT email FROM users")
    acknowledge(Store(one_connection, "ann"), MIGRATION, "dependencies", "view public.v", "I will look at it later")
    assert ask(one_connection, column("email")).status is GateStatus.CLOSED
