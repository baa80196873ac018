"""The stale plan on a real server: for ever on an autocommit connection without the helper, survived with it."""

from collections.abc import Generator
from typing import Any

import psycopg
import pytest
from psycopg import errors

from migrator.pg.connection import Connection
from migrator.pg.stale_plans import forget_plans, is_stale_plan, retry_on_stale_plan
from tests.fix_server import Database

Application = psycopg.Connection[Any]


@pytest.fixture
def prepared(database: Database, connection: Connection) -> Generator[Application]:
    """An application's own connection, in autocommit, that has run its query so often that the driver prepared it."""
    connection.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    with psycopg.connect(database.dsn, autocommit=True) as application:
        for _ in range(8):
            _everything(application)
        assert _prepared(application) == 1
        yield application


def _everything(application: Application) -> list[tuple[Any, ...]]:
    return application.execute("SELECT * FROM t").fetchall()


def _prepared(application: Application) -> int:
    row = application.execute("SELECT count(*) FROM pg_prepared_statements", prepare=False).fetchone()
    return row[0] if row else 0


def _widen(connection: Connection) -> None:
    connection.execute("ALTER TABLE t ADD COLUMN note text")


def test_without_the_helper_it_fails_for_ever(prepared: Application, connection: Connection) -> None:
    _widen(connection)
    for _ in range(20):
        with pytest.raises(errors.FeatureNotSupported, match="cached plan must not change result type") as caught:
            _everything(prepared)
        assert is_stale_plan(caught.value)


def test_with_the_helper_it_goes_on(prepared: Application, connection: Connection) -> None:
    _widen(connection)
    for _ in range(20):
        assert retry_on_stale_plan(prepared, _everything) == [(1, None)]
    assert _prepared(prepared) == 1, "it is prepared again"


def test_plans_can_be_forgotten_beforehand(prepared: Application, connection: Connection) -> None:
    forget_plans(prepared)
    _widen(connection)
    assert _everything(prepared) == [(1, None)]


def test_a_transaction_that_the_work_opens_itself_is_run_again(prepared: Application, connection: Connection) -> None:
    def work(application: Application) -> int:
        with application.transaction():
            application.execute("INSERT INTO t (id) VALUES (2)")
            return len(_everything(application))

    _widen(connection)
    assert retry_on_stale_plan(prepared, work) == 2


def test_inside_an_open_transaction_nothing_is_tried_again(prepared: Application, connection: Connection) -> None:
    _widen(connection)
    with pytest.raises(errors.FeatureNotSupported), prepared.transaction():
        retry_on_stale_plan(prepared, _everything)
    assert _everything(prepared) == [(1, None)], "its ROLLBACK made the driver forget"
    with prepared.transaction(), pytest.raises(psycopg.ProgrammingError, match="roll it back first"):
        forget_plans(prepared)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT nothing", errors.UndefinedColumn),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t FOR UPDATE", errors.FeatureNotSupported),
    ],
)
def test_other_errors_are_not_swallowed(prepared: Application, query: str, error: type[Exception]) -> None:
    calls: list[int] = []

    def work(application: Application) -> None:
        calls.append(1)
        application.execute(query.encode())

    with pytest.raises(error):
        retry_on_stale_plan(prepared, work)
    assert len(calls) == 1


def test_an_end_of_the_retries(prepared: Application) -> None:
    calls: list[int] = []

    def always_stale(_: Application) -> None:
        calls.append(1)
        raise errors.FeatureNotSupported("cached plan must not change result type")

    with pytest.raises(errors.FeatureNotSupported):
        retry_on_stale_plan(prepared, always_stale, most_retries=3)
    assert len(calls) == 4
