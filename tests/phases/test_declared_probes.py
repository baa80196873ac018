"""Steps with a directive on a live server: a procedure that commits, with a probe that tells how far it came."""

from datetime import timedelta

import pytest

from migrator.errors import CatalogConflict, DatabaseFailed, LockBudgetSpent, ManifestError, OutcomeUnknown
from migrator.events import EventKind
from migrator.pg.connection import Connection, connect
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.phases.looking import scalar
from tests.phases.scenes import stopped_in

CALL = '-- migrator:step name=parts txn=none lock=weak timeout=30m probe="{}"\nCALL public.make_parts();'
DONE = "SELECT to_regclass('public.part_3') IS NOT NULL"


@pytest.fixture
def parts(one_shop: Shop) -> Shop:
    """A procedure that makes three tables, each in its own transaction, and goes on where it was interrupted."""
    with connect(one_shop.dsn) as connection:
        connection.execute(
            """
            CREATE PROCEDURE make_parts() LANGUAGE plpgsql AS $$ BEGIN
                FOR n IN 1..3 LOOP
                    IF to_regclass('public.part_' || n) IS NULL THEN
                        EXECUTE format('CREATE TABLE public.part_%s (id int)', n);
                        COMMIT;
                        PERFORM pg_sleep(coalesce(nullif(current_setting('parts.pause', true), ''), '0')::float);
                    END IF;
                END LOOP;
            END $$
            """
        )
    return one_shop


def _count(connection: Connection) -> int:
    return scalar(connection, "SELECT count(*) FROM pg_class WHERE relname LIKE 'part\\_%'")


def test_a_procedure_that_commits(parts: Shop) -> None:
    migration = parts.write("m", expand=CALL.format(DONE))
    assert parts.engine().expand(migration).after.value == "expanded"
    with connect(parts.dsn) as connection:
        assert _count(connection) == 3
        assert [step.name for step in Store(connection, "test").all_steps("m")] == ["parts"]


def test_interrupted_half_way_it_runs_again_and_done_it_does_not(parts: Shop) -> None:
    """The directive's timeout ends it between two of its transactions; the probe says that it is not done."""
    text = CALL.format(DONE).replace("30m", "300ms")
    migration = parts.write("m", expand=text)
    with connect(parts.dsn) as connection:
        name = scalar(connection, "SELECT current_database()")
        connection.execute(f"ALTER DATABASE {name} SET parts.pause = '30'".encode())
        with pytest.raises(LockBudgetSpent, match="parts was cancelled: it ran for"):
            parts.engine().expand(migration)
        assert _count(connection) == 1
        connection.execute(f"ALTER DATABASE {name} RESET parts.pause".encode())
        assert parts.engine().resume(migration).after.value == "expanded"
        assert _count(connection) == 3


def test_what_the_probe_calls_done_is_not_run(parts: Shop) -> None:
    with connect(parts.dsn) as connection:
        connection.execute("CREATE TABLE part_3 (id int)")
        migration = parts.write("m", expand=CALL.format(DONE))
        assert parts.engine().expand(migration).after.value == "expanded"
        assert _count(connection) == 1
    (skipped,) = [event for event in parts.heard if event.kind is EventKind.STEP_SKIPPED]
    assert skipped.data["reason"] == "its probe says that it is done"


def test_a_probe_that_does_not_turn_true(parts: Shop) -> None:
    migration = parts.write("m", expand=CALL.format("SELECT false"))
    with pytest.raises(CatalogConflict, match="accepted step 1 of expand, but its probe says that it is not done"):
        parts.engine().expand(migration)


@pytest.mark.parametrize("text", ["SELECT 1", "SELECT true, true", "SELECT true FROM generate_series(1, 2)"])
def test_a_probe_that_is_no_yes_or_no(parts: Shop, text: str) -> None:
    migration = parts.write("m", expand=CALL.format(text))
    with pytest.raises(ManifestError, match="did not return one boolean"):
        parts.engine().expand(migration)


def test_a_probe_that_fails(parts: Shop) -> None:
    migration = parts.write("m", expand=CALL.format("SELECT x FROM nothing"))
    with pytest.raises(DatabaseFailed, match='The probe of step 1 of expand failed: relation "nothing" does not exist'):
        parts.engine().expand(migration)


def test_a_probe_that_cannot_tell_after_an_interruption(parts: Shop) -> None:
    migration = parts.write("m", expand=CALL.format("SELECT NULL::boolean"))
    stopped_in(parts, "expand")
    with pytest.raises(OutcomeUnknown, match="was interrupted and its probe returns NULL: parts") as caught:
        parts.engine().resume(migration)
    assert "--phase expand --step 1" in caught.value.todo


def test_a_transactional_step_with_a_probe_of_its_own(one_shop: Shop) -> None:
    probe = "SELECT count(*) = 1 FROM users WHERE name = 'somebody new'"
    insert = "INSERT INTO users (id, email, name) VALUES (100000, 'new@example.com', 'somebody new');"
    migration = one_shop.write("m", expand=f'-- migrator:step probe="{probe}"\n{insert}', abort="SELECT 1;")
    engine = one_shop.engine(statement_timeout=timedelta(seconds=5))
    assert engine.expand(migration).after.value == "expanded"
    engine.abort(migration)
    assert engine.expand(migration).after.value == "expanded"
    with connect(one_shop.dsn) as connection:
        assert scalar(connection, "SELECT count(*) FROM users WHERE name = 'somebody new'") == 1
