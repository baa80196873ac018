"""Views over keys that become bigint: the end is that of tables whose keys were bigint from the first day."""

from pathlib import Path

import pytest

from migrator.errors import RecipeRefused
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.pg.connection import Connection, server_version
from migrator.recipes import load
from migrator.recipes.folder import write_folder
from migrator.schema.catalog import read_schema
from migrator.statements.parse import parse_sql
from tests.fix_server import Database
from tests.recipes import test_views
from tests.recipes.test_live import run
from tests.recipes.test_properties import through
from tests.recipes.test_public_shapes import TERMS, render, walk
from tests.recipes.test_views import SHAPES, facts, views

dress = test_views.dress
TABLES = """
CREATE SCHEMA IF NOT EXISTS migrator;
CREATE TABLE users (id int PRIMARY KEY, email varchar(80), name text DEFAULT 'nobody', tags text[],
    boss int REFERENCES users);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, email text, total numeric);
CREATE TABLE profiles (user_id int PRIMARY KEY REFERENCES users, bio text);
INSERT INTO users SELECT g, 'u' || g || '@example.org', 'n' || g % 3, ARRAY['a', 'b'], nullif(g / 2, 0)
FROM generate_series(1, 20) g;
INSERT INTO orders SELECT g, nullif(g % 7, 0), 'u' || g % 5 || '@example.org', g FROM generate_series(1, 40) g;
INSERT INTO profiles SELECT g, 'b' || g FROM generate_series(1, 20, 3) g;
"""
WIDE = (
    "ALTER TABLE users ALTER id TYPE bigint, ALTER boss TYPE bigint; ALTER TABLE orders ALTER user_id TYPE bigint;"
    "ALTER TABLE profiles ALTER user_id TYPE bigint;"
)
KEY = {"kind": "primary_key_to_bigint", "table": "users"}
KEYS = {name: query for name, query in SHAPES.items() if name != "using_another"} | {
    "merged": "SELECT user_id, p.bio, o.total FROM orders o JOIN profiles p USING (user_id) WHERE o.user_id > 1",
    "merged_left": "SELECT user_id, p.user_id AS known, p.bio FROM orders o LEFT JOIN profiles p USING (user_id)",
    "aggregates": "SELECT boss, count(id), sum(id), array_agg(id ORDER BY id) AS ids, min(id) % 5 AS m FROM users"
    " GROUP BY boss",
    "casts": "SELECT id::bigint AS id, (id + 1)::text AS next, boss IS NULL AS top FROM users",
    "or_zero": "SELECT coalesce(boss, 0) AS boss, CASE WHEN id > 3 THEN id ELSE 0 END AS big, -id AS minus FROM users",
    "from_values": "SELECT v.x FROM users u, LATERAL (VALUES (u.id), (u.boss)) v(x)",
    "series": "SELECT u.id, n FROM users u, generate_series(1, u.id) n WHERE u.id < 3",
}


def dressed(extra: str) -> str:
    """Return views over the key with all that a view can have of its own."""
    return f"""
        {extra}
        COMMENT ON COLUMN dressed.id IS 'it''s a key';
        CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO users (id, name) VALUES (NEW.id, NEW.name); RETURN NEW; END';
        CREATE VIEW "Put" AS SELECT u.id, u.name, o.total FROM users u JOIN orders o ON o.user_id = u.id;
        CREATE TRIGGER put INSTEAD OF INSERT ON "Put" FOR EACH ROW EXECUTE FUNCTION put();
        COMMENT ON TRIGGER put ON "Put" IS 'writes';
        REVOKE DELETE ON "Put" FROM CURRENT_USER;
        CREATE VIEW on_put AS SELECT p.*, d.email FROM "Put" p JOIN dressed d ON d.id = p.id;
    """


def test_each_view_is_what_it_would_be_over_wide_keys(connection: Connection, dress: str) -> None:
    run(connection, TABLES + WIDE + views(KEYS) + dressed(dress))
    by_hand = {row["relname"]: row for row in facts(connection)}
    triggers = "SELECT pg_get_triggerdef(oid) AS d, obj_description(oid) AS c FROM pg_trigger WHERE tgname = 'put'"
    wanted = connection.execute(triggers.encode()).fetchall()
    run(connection, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    grant = "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC"
    files = through(connection, TABLES + views(KEYS) + dressed(dress) + grant, KEY)
    found = {row["relname"]: row for row in facts(connection)}
    assert found.keys() == by_hand.keys()
    for name, row in found.items():
        assert row == by_hand[name], name
    assert connection.execute(triggers.encode()).fetchall() == wanted
    assert "CREATE OR REPLACE VIEW public.v_casts" in files["contract.sql"]


@pytest.mark.thorough
def test_views_go_through_all_phases_of_the_engine(database: Database, dress: str, tmp_path: Path) -> None:
    setup = TABLES + views(KEYS) + dressed(dress)
    files = walk(database, tmp_path, setup, **KEY)
    assert "rights on columns" in files["verify.sql"]


def test_the_files_lint_clean(one_connection: Connection, tmp_path: Path) -> None:
    run(one_connection, TABLES + views({name: KEYS[name] for name in ("star", "by_key", "casts", "merged")}))
    schema, version = read_schema(one_connection), server_version(one_connection) // 10000
    write_folder(tmp_path, "20260901_m", load(TERMS | KEY).render(schema, "20260901_m", version))
    found = lint(read_sources([tmp_path]), version, past=History(None, schema)).findings
    assert found == ()


def test_what_cannot_be_remade_is_refused_with_the_reason(one_connection: Connection) -> None:
    run(one_connection, TABLES)
    for text, reason in REFUSED.items():
        with one_connection.transaction(force_rollback=True):
            run(one_connection, text)
            with pytest.raises(RecipeRefused) as caught:
                render(one_connection, **KEY)
            assert reason in str(caught.value), text


_V = "CREATE VIEW v AS SELECT id FROM users;"
_MAX = "BEGIN ATOMIC SELECT max(id) FROM"
_BIG = "must be made anew with a bigint column"
REFUSED = {
    f"{_V} CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM v": f"view public.m reads public.v, which {_BIG}",
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM users": "materialized view public.m",
    f"{_V} CREATE FUNCTION f(v) RETURNS int LANGUAGE sql AS 'SELECT 1'": f"{_BIG}, and these hang on it: function",
    f"{_V} CREATE FUNCTION f() RETURNS bigint {_MAX} v; END": f"{_BIG}, and these hang on it: function public.f()",
    f"{_V} CREATE POLICY p ON orders USING (total IN (SELECT id FROM v))": "policy p on table public.orders",
    f"{_V} CREATE RULE r AS ON DELETE TO orders DO ALSO SELECT id FROM v": "rule r on table public.orders",
    f"{_V} CREATE RULE r AS ON DELETE TO v DO INSTEAD DELETE FROM users WHERE id = OLD.id": "its own rule r",
    "CREATE VIEW v AS SELECT * FROM users NATURAL JOIN orders": "USING (id)",
    "CREATE VIEW v AS SELECT user_id FROM orders RIGHT JOIN profiles USING (user_id)": "USING (user_id)",
    f"CREATE FUNCTION f() RETURNS int {_MAX} users; END": "function public.f()",
    "CREATE POLICY p ON users USING (id > 0)": "policy p",
    "CREATE TABLE keyed (id int PRIMARY KEY REFERENCES users, doc json);"
    " CREATE VIEW v AS SELECT id, doc FROM keyed GROUP BY id": "groups by the key of public.keyed and shows doc",
}


WRITTEN = """
CREATE VIEW v AS SELECT id, user_id, total, email FROM orders WHERE id > 0 WITH CHECK OPTION;
CREATE VIEW w AS SELECT * FROM v;
CREATE TABLE log (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int DEFAULT 3 REFERENCES users ON DELETE SET DEFAULT);
CREATE VIEW l AS SELECT * FROM log;
"""


def test_writes_through_a_view_made_over_the_twins_are_as_before(one_connection: Connection) -> None:
    """Between the two steps the view gives the twin, and the swap of its table has not come yet."""
    connection = one_connection
    run(connection, TABLES + WRITTEN)
    files = render(connection, **KEY)
    run(connection, files["expand.sql"])
    for table, key in (("users", "id"), ("users", "boss"), ("orders", "user_id"), ("profiles", "user_id")):
        run(connection, f"UPDATE {table} SET {key}_bigint = {key}")
    run(connection, files["migrate.sql"])
    for statement in parse_sql(files["contract.sql"]).statements:
        if "DROP CONSTRAINT" in statement.text:
            break
        connection.execute(statement.text.encode())
    run(connection, "INSERT INTO w (id, user_id) VALUES (100, 5); INSERT INTO orders (id, user_id) VALUES (101, 6)")
    run(
        connection,
        "INSERT INTO v (id) VALUES (102) ON CONFLICT (id) DO NOTHING; UPDATE w SET user_id = 7 WHERE id = 102",
    )
    run(
        connection,
        "INSERT INTO v (id, user_id) VALUES (101, 9) ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id",
    )
    run(
        connection,
        "INSERT INTO l (user_id) VALUES (3), (4), (DEFAULT); INSERT INTO log (user_id) VALUES (8), (NULL)",
    )
    run(connection, "INSERT INTO log DEFAULT VALUES; UPDATE l SET user_id = 9 WHERE user_id = 8")
    rows = connection.execute(b"SELECT user_id AS a, user_id_bigint AS b FROM orders WHERE id >= 100 ORDER BY id")
    assert [(row["a"], row["b"]) for row in rows] == [(5, 5), (9, 9), (7, 7)]
    rows = connection.execute(b"SELECT user_id AS a, user_id_bigint AS b FROM log ORDER BY id").fetchall()
    assert [row["a"] for row in rows] == [3, 4, 3, 9, None, 3]
    assert [row["b"] for row in rows] == [3, 4, 3, 9, None, 3]


STORED = """
CREATE MATERIALIZED VIEW m AS SELECT u.id, u.name, count(o.id) AS n FROM users u LEFT JOIN orders o ON o.user_id = u.id
GROUP BY u.id;
"""
WAY = """
CREATE VIEW m_source AS SELECT u.id::bigint AS id, u.name, count(o.id) AS n
FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id;
CREATE MATERIALIZED VIEW m_next AS TABLE m_source;
DROP MATERIALIZED VIEW m; ALTER MATERIALIZED VIEW m_next RENAME TO m;
"""


def test_the_way_of_a_materialized_view_leads_through_a_plain_one(connection: Connection) -> None:
    """As the refusal says; the plain view has the type that it keeps, so that the stored rows stay."""
    run(connection, TABLES + STORED)
    rows = connection.execute(b"TABLE m ORDER BY id").fetchall()
    way = r"Make public\.m_source of its text .*TABLE public\.m_source.*ALTER MATERIALIZED VIEW public\.m_next RENAME"
    with pytest.raises(RecipeRefused, match=way):
        render(connection, **KEY)
    run(connection, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    through(connection, TABLES + STORED + WAY, KEY)
    assert connection.execute(b"TABLE m ORDER BY id").fetchall() == rows
    run(connection, "INSERT INTO users (id) VALUES (3000000000); REFRESH MATERIALIZED VIEW m")
    assert len(connection.execute(b"TABLE m").fetchall()) == len(rows) + 1
