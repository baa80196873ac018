"""What the server takes in no row is said in words, at a dry run and at a run, before any row is changed."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from migrator.backfill.preview import preview
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.errors import InputError
from migrator.pg.connection import Connection
from tests.backfill.scenes import install_state, request
from tests.fix_server import Database

_WRITES = {"python": "tests.backfill.transforms:count_up"}
_REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "aggregate": ({"set": {"n": "max(id)"}}, r"set\.n = max", "in a sub-select"),
    "window": ({"set": {"n": "row_number() OVER ()"}}, r"set\.n = row_number", "no neighbours"),
    "rows": ({"set": {"n": "generate_series(1, 2)"}}, "set-returning", "LIMIT 1"),
    "unknown column": ({"set": {"m": "1"}}, r"set\.m = 1", "run expand first"),
    "unknown in expression": ({"set": {"n": "wort"}}, "wort", 'meant.*"items.word"'),
    "unknown in where": ({"set": {"n": "1"}, "where": "m IS NULL"}, "where: m IS NULL", "Correct the name"),
    "generated": ({"set": {"twice": "1"}}, "can only be updated to DEFAULT", "GENERATED"),
    "identity": ({"set": {"number": "1"}}, "can only be updated to DEFAULT", "DROP IDENTITY"),
    "type": ({"set": {"n": "word"}}, "of type integer but expression is of type text", "CAST"),
    "condition": ({"set": {"n": "1"}, "where": "n"}, "where: n", "CAST"),
    "no such function": ({"set": {"n": "lenght(word)"}}, "lenght", "Correct the name"),
    "constant": ({"set": {"n": "1 / 0"}}, "division by zero", "every row"),
    "alias": ({"sql": "UPDATE items i SET n = 1 WHERE :range"}, "sql: UPDATE items i", "without an alias"),
    "written": ({**_WRITES, "writes": ["m"]}, "writes: m", "run expand first"),
    "written and generated": ({**_WRITES, "writes": ["twice"]}, "writes: twice", "GENERATED"),
    "read": ({**_WRITES, "writes": ["n"], "reads": ["m"]}, "reads: m", "Correct the name"),
    "key": ({"set": {"id": "id + 5"}}, "walked along id, which", "still need it"),
    "archive": ({"archive_to": "public.bin", "where": "n = 1"}, "moved to public.bin", "CAST"),
}


@pytest.fixture(autouse=True)
def _table(one_connection: Connection) -> None:
    install_state(one_connection)
    one_connection.execute(
        "CREATE TABLE items (id int PRIMARY KEY, n int, word text, twice int GENERATED ALWAYS AS (id * 2) STORED,"
        " number int GENERATED ALWAYS AS IDENTITY)"
    )
    one_connection.execute("CREATE TABLE bin AS SELECT id, n, twice, number, 1 AS word FROM items")


@pytest.mark.parametrize("case", _REFUSED)
def test_what_the_server_takes_in_no_row_is_said_beforehand(
    case: str, one_database: Database, one_connection: Connection
) -> None:
    values, situation, todo = _REFUSED[case]
    asked = request(one_database.dsn, BackfillSpec.model_validate({"table": "items", "name": "x"} | values))
    if case != "archive":
        with pytest.raises(InputError, match=situation):
            preview(asked)
    one_connection.execute("INSERT INTO items (id, word) VALUES (1, 'a')")
    for attempt in (lambda: preview(asked), BackfillRunner(asked).run):
        with pytest.raises(InputError, match=situation) as caught:
            attempt()
        assert re.search(todo, caught.value.todo)
    assert one_connection.execute("SELECT state FROM migrator.backfill").fetchall() == [{"state": "pending"}]


@pytest.mark.parametrize(
    ("values", "message"),
    [({"set": {"n": "DEFAULT"}}, r"set\.n: DEFAULT"), ({**_WRITES, "writes": ["n", "n"]}, "writes: each column")],
)
def test_a_default_and_a_column_twice_are_no_specification(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BackfillSpec.model_validate({"table": "items", "name": "x"} | values)
