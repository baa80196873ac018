"""An expression that cannot be right is refused before expand, and one that expand makes right is not."""

import re
from collections.abc import Mapping

import pytest

from migrator.backfill.spec import BackfillSpec
from migrator.backfill.trial_table import refuse_before_expand
from migrator.errors import InputError
from migrator.pg.connection import Connection, connect
from migrator.state.transitions import State
from migrator.statements.parse import parse_sql
from tests.fix_app import Shop
from tests.phases.scenes import NICK

_TABLE = """
CREATE TYPE public.mood AS ENUM ('sad', 'ok');
CREATE TABLE items (id int PRIMARY KEY, word varchar(20) NOT NULL, old numeric(9,2), feel mood, tags text[],
                    other text COLLATE "C", day timestamptz, total int GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE other (id int, v int)
"""
_ADD = 'ALTER TABLE items ADD COLUMN n bigint, ADD COLUMN m text COLLATE "C";'

_REFUSED = {
    "unknown column": (_ADD, {"set": {"n": "wort"}}, r"set\.n = wort.*does not exist", 'meant.*"items.word"'),
    "unknown target": (_ADD, {"set": {"nn": "1"}}, r"set\.nn = 1", "let expand.sql make it"),
    "unknown in where": (_ADD, {"set": {"n": "1"}, "where": "items.k IS NULL"}, "items.k", "Nothing was changed"),
    "type of a new column": (_ADD, {"set": {"n": "word"}}, "type bigint but expression is of type character", "CAST"),
    "no boolean": (_ADD, {"set": {"n": "1"}, "where": "n"}, "must be type boolean", "CAST"),
    "aggregate": (_ADD, {"set": {"n": "max(id)"}}, "aggregate", "sub-select"),
    "function": (_ADD, {"set": {"n": "lenght(word)"}}, "lenght", "cast the values"),
    "table of a sub-select": ("CREATE INDEX ON items (old);", {"set": {"old": "(SELECT 1 FROM oter)"}}, "oter", "."),
    "dropped by expand": ("ALTER TABLE items DROP COLUMN old;", {"set": {"other": "old"}}, "old", "."),
    "no such table": (_ADD, {"table": "itms", "set": {"n": "1"}}, r"public\.itms does not exist", "expand.sql"),
    "beside a function": (
        f"{_ADD} CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1;",
        {"set": {"n": "f()", "m": "wort"}},
        r"set\.m = wort",
        "let expand.sql",
    ),
    "read by Python": (
        _ADD,
        {"python": "tests.backfill.transforms:one", "writes": ["n"], "reads": ["wort"]},
        "reads: wort",
        ".",
    ),
}
_TAKEN = {
    "new columns": (_ADD, {"set": {"n": "id * 2", "m": "items.word || public.items.other"}, "where": "n IS NULL"}),
    "constants": (_ADD, {"set": {"n": "'5'", "m": "NULL", "feel": "'ok'", "tags": "'{}'"}}),
    "another type": ("ALTER TABLE items ALTER old TYPE text;", {"set": {"old": "word"}}),
    "another name": ("ALTER TABLE items RENAME old TO new;", {"set": {"new": "id"}}),
    "no longer generated": ("ALTER TABLE items ALTER total DROP EXPRESSION;", {"set": {"total": "id"}}),
    "a function": ("CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql RETURN a;", {"set": {"old": "f(id)"}}),
    "a type": ("CREATE TYPE t AS ENUM ('a'); ALTER TABLE items ADD COLUMN n t;", {"set": {"n": "'a'::t"}}),
    "a table": ("CREATE TABLE made (a int);", {"set": {"old": "(SELECT a FROM made WHERE a = items.id)"}}),
    "another one's column": ("ALTER TABLE other ADD COLUMN w int;", {"set": {"old": "(SELECT max(w) FROM other)"}}),
    "its own in a sub-select": (_ADD, {"set": {"old": "(SELECT max(n) FROM items i WHERE i.id < items.id)"}}),
    "code": ("DO $$ BEGIN ALTER TABLE items ADD COLUMN n int; END $$;", {"set": {"n": "1"}, "where": "n IS NULL"}),
    "a new table": ("CREATE TABLE fresh (id serial PRIMARY KEY, n int);", {"table": "fresh", "set": {"n": "id"}}),
    "a table of code": ("DO $$ BEGIN CREATE TABLE x (n int); END $$;", {"table": "x", "set": {"n": "1"}}),
    "a column named as its table": ("ALTER TABLE items ADD COLUMN items int;", {"set": {"items": "items + items.id"}}),
}


def check(connection: Connection, expand: str, spec: Mapping[str, object]) -> None:
    wanted = BackfillSpec.model_validate({"table": "items", "name": "fill", **spec})
    refuse_before_expand(connection, [wanted], parse_sql(expand).statements)


def test_what_cannot_be_right_is_refused(one_connection: Connection) -> None:
    one_connection.execute(_TABLE.encode())
    for case, (expand, spec, situation, todo) in _REFUSED.items():
        with pytest.raises(InputError, match=situation) as caught:
            check(one_connection, expand, spec)
        assert re.search(todo, caught.value.todo), case
        assert "migrator_trial" not in str(caught.value) + caught.value.todo, case


def test_what_expand_makes_right_is_taken(one_connection: Connection) -> None:
    one_connection.execute(_TABLE.encode())
    for expand, spec in _TAKEN.values():
        check(one_connection, expand, spec)
        with one_connection.transaction(force_rollback=True):
            one_connection.execute(expand.encode())  # the case itself is right
            check(one_connection, "", spec)
    assert not one_connection.execute("SELECT FROM pg_class WHERE relname = 'migrator_trial'").fetchall()


def test_the_engine_asks_before_it_changes_anything(shop: Shop) -> None:
    manifest = '[[backfill]]\ntable = "users"\nset = {{ nick = "{}" }}\ncompare = false\n'
    shop.write("m", manifest=manifest.format("nam"), expand=NICK)
    with pytest.raises(InputError, match=r"set\.nick = nam.*does not exist"):
        shop.engine().expand(shop.migration("m"))
    with connect(shop.dsn) as connection:
        assert not connection.execute("SELECT FROM pg_attribute WHERE attname = 'nick'").fetchall()
    shop.write("m", manifest=manifest.format("name"), expand=NICK)
    assert shop.engine().expand(shop.migration("m")).after is State.EXPANDED
