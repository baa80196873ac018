"""Rows that the server refuses: alone in quarantine, all others done; tried again when somebody asks."""

from dataclasses import replace

import pytest

from migrator.backfill.quarantine import Retried, retry_quarantined
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.verify import verify
from migrator.errors import DatabaseFailed, Refused
from migrator.events import EventKind
from migrator.pg.connection import Connection
from migrator.state import backfills, quarantine
from tests.backfill.scenes import MIGRATION, Heard, install_state, make_table, request, spec, touched
from tests.fix_server import Database

NAME = "items_touched"


@pytest.fixture(autouse=True)
def _state(request: pytest.FixtureRequest) -> None:
    install_state(request.getfixturevalue("one_connection"))


def refuse(connection: Connection, keys: tuple[int, ...]) -> None:
    """Let the server refuse changes of these rows of `items`."""
    wrong = ", ".join(map(str, keys))
    connection.execute(f"ALTER TABLE items ADD CHECK (id NOT IN ({wrong}) OR touched = 0)".encode())


def aside(connection: Connection) -> list[str]:
    return sorted((row["key"][0] for row in quarantine.listed(connection, MIGRATION)), key=int)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("is_striped", [True, False], ids=["striped", "plain"])
def test_only_the_wrong_rows_are_set_aside(
    workers: int, is_striped: bool, one_database: Database, one_connection: Connection
) -> None:
    """The first row, the last one, two neighbours, one in the middle."""
    make_table(one_connection, "unique", 1000)
    if not is_striped:
        one_connection.execute("CREATE INDEX ON items (touched)")
    refuse(one_connection, (1, 400, 401, 777, 1000))
    heard = Heard()
    result = BackfillRunner(request(one_database.dsn, spec(limits={"batch_size": 150}), heard), workers).run()
    assert touched(one_connection) == {0: 5, 1: 995}
    assert aside(one_connection) == ["1", "400", "401", "777", "1000"]
    assert result.rows_done == 995
    told = heard.of(EventKind.BACKFILL_QUARANTINED)
    assert sorted(int(event.data["key"][0]) for event in told) == [1, 400, 401, 777, 1000]  # type: ignore[index]
    assert {event.data["sqlstate"] for event in told} == {"23514"}
    assert backfills.read(one_connection, MIGRATION, NAME).state == "finished"


@pytest.mark.parametrize("kind", ["composite", "text-collated", "uuid", "both-ways"])
def test_with_any_key(kind: str, one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, kind, 300)
    one_connection.execute("ALTER TABLE items ADD COLUMN poison bool")
    one_connection.execute(
        "UPDATE items SET poison = true WHERE ctid IN (SELECT ctid FROM items ORDER BY random() LIMIT 3)"
    )
    one_connection.execute("ALTER TABLE items ADD CHECK (poison IS NULL OR touched = 0)")
    BackfillRunner(request(one_database.dsn, spec())).run()
    assert touched(one_connection) == {0: 3, 1: 297}
    one_connection.execute("ALTER TABLE items DROP CONSTRAINT items_check")
    assert retry_quarantined(request(one_database.dsn, spec())) == Retried(NAME, filled=3)
    assert touched(one_connection) == {1: 300}


@pytest.mark.parametrize(
    ("expression", "state"),
    [("touched + 1 / (id - 50)", "22012"), ("CASE id WHEN 50 THEN 'x' ELSE '1' END::text::int", "22P02")],
)
def test_values_that_cannot_be_computed(
    expression: str, state: str, one_database: Database, one_connection: Connection
) -> None:
    make_table(one_connection, "unique", 100)
    BackfillRunner(request(one_database.dsn, spec(set={"touched": expression}))).run()
    [row] = quarantine.listed(one_connection, MIGRATION)
    assert (row["key"], row["sqlstate"]) == (["50"], state)


def test_a_trigger_that_refuses_a_row(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "unique", 100)
    one_connection.execute(
        """CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN IF NEW.id = 33 THEN RAISE EXCEPTION 'row 33 is closed'; END IF; RETURN NEW; END $$;
           CREATE TRIGGER guard BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION guard()"""
    )
    BackfillRunner(request(one_database.dsn, spec())).run()
    [row] = quarantine.listed(one_connection, MIGRATION)
    assert (row["key"], row["error"], row["sqlstate"]) == (["33"], "row 33 is closed", "P0001")


def test_the_limit_ends_the_run(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "unique", 100)
    refuse(one_connection, tuple(range(40, 60)))
    few = spec(limits={"batch_size": 100, "quarantine_limit": 3})
    with pytest.raises(Refused, match=r"set aside 3 rows.*quarantine_limit.*23514"):
        BackfillRunner(request(one_database.dsn, few)).run()
    assert aside(one_connection) == ["40", "41", "42"]
    one_connection.execute("ALTER TABLE items DROP CONSTRAINT items_check")
    BackfillRunner(request(one_database.dsn, few)).run()
    assert touched(one_connection) == {0: 3, 1: 97}


def test_errors_of_other_causes_set_nothing_aside(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "unique", 100)
    one_connection.execute(
        """CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           PERFORM nothing_of_the_kind FROM items; RETURN NEW; END $$;
           CREATE TRIGGER broken BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION broken()"""
    )
    with pytest.raises(DatabaseFailed, match="42703"):
        BackfillRunner(request(one_database.dsn, spec())).run()
    assert aside(one_connection) == []


def test_the_proof_waits_for_the_quarantine(one_database: Database, one_connection: Connection) -> None:
    make_table(one_connection, "unique", 100)
    refuse(one_connection, (7, 8, 9))
    BackfillRunner(request(one_database.dsn, spec())).run()
    found = verify(request(one_database.dsn, spec()))
    assert (found.remaining, found.different, found.quarantined) == (0, 0, 3)
    assert not found.is_clean
    assert backfills.read(one_connection, MIGRATION, NAME).state == "finished"
    [row] = backfills.status(one_connection, MIGRATION)
    assert row["quarantined"] == 3

    one_connection.execute("DELETE FROM items WHERE id = 7")
    one_connection.execute("ALTER TABLE items DROP CONSTRAINT items_check")
    refuse(one_connection, (9,))
    assert retry_quarantined(request(one_database.dsn, spec())) == Retried(NAME, filled=1, gone=1, refused=1)
    [left] = quarantine.listed(one_connection, MIGRATION)
    assert (left["key"], left["attempts"]) == (["9"], 2)

    one_connection.execute("ALTER TABLE items DROP CONSTRAINT items_check")
    assert retry_quarantined(request(one_database.dsn, spec())) == Retried(NAME, filled=1)
    assert touched(one_connection) == {1: 99}
    assert verify(request(one_database.dsn, spec())).is_clean


def test_a_row_that_is_corrected_meanwhile_is_not_set_aside(one_database: Database, one_connection: Connection) -> None:
    """The batch that failed is found in order when it is tried in halves."""
    make_table(one_connection, "unique", 100)
    refuse(one_connection, (50,))
    heard = Heard()
    heard.on[EventKind.BACKFILL_BATCH] = lambda _: (
        one_connection.execute("ALTER TABLE items DROP CONSTRAINT IF EXISTS items_check") and None
    )
    asked = replace(request(one_database.dsn, spec(limits={"batch_size": 100}), heard))
    BackfillRunner(asked).run()
    assert touched(one_connection) == {1: 100}
    assert aside(one_connection) == []
