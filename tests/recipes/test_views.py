"""Views over a column whose place another takes: the end is that of the change made by hand, on every server.

Each shape is made twice: once the server renames the column itself and follows it in its own views, once the phases
run. Definitions, options, owners, rights, views over the views and the rows must be the same.
"""

from collections.abc import Generator, Mapping
from typing import Any

import pytest

from migrator.names import quote
from migrator.pg.connection import Connection
from migrator.recipes import load
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from tests.fix_server import Database
from tests.recipes.test_live import run
from tests.recipes.test_properties import through
from tests.recipes.test_public_shapes import TERMS, render

TABLES = """
CREATE TABLE users (id int PRIMARY KEY, email varchar(80), name text DEFAULT 'nobody', tags text[], boss int);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, email text, total numeric);
INSERT INTO users SELECT g, 'u' || g || '@example.org', 'n' || g % 3, ARRAY['a', 'b'], g / 2
FROM generate_series(1, 20) g;
INSERT INTO orders SELECT g, g % 7, 'u' || g % 5 || '@example.org', g FROM generate_series(1, 40) g;
"""
SHAPES = {
    "plain": "SELECT id, email, name FROM users",
    "star": "SELECT * FROM users",
    "star_of_two": "SELECT u.*, o.id AS order_id, o.email AS o_email FROM users u JOIN orders o ON o.user_id = u.id",
    "other_name": "SELECT id, email AS address, email || '!' AS loud, lower(email), email::text::bytea FROM users",
    "unqualified": "SELECT u.id, name, user_id FROM users u JOIN orders ON user_id = u.id WHERE u.email <> ''",
    "same_name_elsewhere": "SELECT o.id, o.email FROM orders o WHERE EXISTS"
    " (SELECT FROM users u WHERE u.email = o.email AND u.id = o.user_id)",
    "self_join": "SELECT a.email, b.email AS boss FROM users a LEFT JOIN users b ON b.id = a.boss",
    "shadowed_alias": "SELECT u.id, (SELECT max(u.email) FROM orders u WHERE u.user_id = x.id) AS m, x.email"
    " FROM users x JOIN orders u ON u.user_id = x.id",
    "subquery": "SELECT s.email, s.n FROM (SELECT email, count(*) AS n FROM users GROUP BY email) s"
    " WHERE s.email > 'u1'",
    "nested_names": "SELECT email FROM (SELECT email FROM (SELECT email FROM users) a) b ORDER BY email DESC",
    "with": "WITH email AS (SELECT id, email FROM users) SELECT email.email, email.id FROM email",
    "recursive": "WITH RECURSIVE up(id, email, path) AS (SELECT id, email, email::text FROM users WHERE boss = 0"
    " UNION ALL SELECT u.id, u.email, up.path || u.email FROM users u JOIN up ON up.id = u.boss)"
    " SELECT id, email, path FROM up",
    "lateral": "SELECT u.id, l.total, l.mine FROM users u CROSS JOIN LATERAL"
    " (SELECT o.total, u.email AS mine FROM orders o WHERE o.email = u.email ORDER BY o.id LIMIT 1) l",
    "function_in_from": "SELECT u.id, part FROM users u, regexp_split_to_table(u.email, '@') AS part",
    "union": "SELECT email, 1 AS n FROM users UNION SELECT email, 2 FROM orders EXCEPT SELECT u.email, 3 FROM users u"
    " ORDER BY email LIMIT 30",
    "using_another": "SELECT id, u.email, o.total FROM users u JOIN orders o USING (id)",
    "grouped": "SELECT u.email, count(o.id) AS n, max(u.email) FILTER (WHERE o.total > 3) AS m FROM users u"
    " JOIN orders o ON o.user_id = u.id GROUP BY u.email HAVING min(u.email) > 'a' ORDER BY u.email, count(o.id)",
    "by_key": "SELECT u.id, u.email, count(*) AS n FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.id",
    "sets": "SELECT email, name, count(*) AS n FROM users GROUP BY GROUPING SETS ((email), (name), ())",
    "distinct_on": "SELECT DISTINCT ON (u.email, u.name) u.id, u.email FROM users u"
    " ORDER BY u.email, u.name, u.id DESC",
    "distinct": "SELECT DISTINCT email FROM users ORDER BY email",
    "window": "SELECT id, row_number() OVER w AS n, lag(email) OVER (PARTITION BY name ORDER BY email) AS before"
    " FROM users WINDOW w AS (PARTITION BY email ORDER BY id)",
    "case": "SELECT id, CASE WHEN email LIKE 'u1%' THEN email ELSE NULL END, COALESCE(email, name) AS c,"
    " (SELECT email FROM users x WHERE x.id = u.boss) FROM users u",
    "ordered_set": "SELECT name, array_agg(email ORDER BY email DESC) AS all_of, string_agg(DISTINCT email, ',') AS one"
    " FROM users GROUP BY name",
    "in_and_any": "SELECT id FROM orders WHERE email IN (SELECT email FROM users) AND email = ANY"
    " (ARRAY(SELECT u.email FROM users u)) AND (email, id) NOT IN"
    " (SELECT email, boss FROM users WHERE boss IS NOT NULL)",
    "tablesample": "SELECT id, email FROM users TABLESAMPLE bernoulli (100) WHERE email IS NOT NULL",
    "outer_join": "SELECT o.id, u.email FROM orders o LEFT JOIN (users u JOIN orders p ON p.email = u.email)"
    " ON u.id = o.user_id AND u.email <> o.email",
    "values": "SELECT u.id, v.email FROM users u JOIN (VALUES ('a', 1)) v(email, id)"
    " ON v.id = u.id AND u.email <> v.email",
    "text_search": "SELECT id, to_tsvector('english', email) @@ to_tsquery('a & b') AS hit,"
    " email ~* 'a' AND NOT email SIMILAR TO 'b%' AS m, email BETWEEN 'a' AND 'b' AS x,"
    " (email COLLATE \"C\") < 'b' AS c, extract(epoch FROM now())::int * 0 + length(email) AS e, -id AS neg FROM users",
}
COMPUTED = """star other_name same_name_elsewhere self_join recursive lateral union grouped sets distinct_on distinct
    window ordered_set in_and_any outer_join text_search""".split()
FACTS = """
SELECT c.relname, pg_get_viewdef(c.oid) AS text, c.reloptions AS options,
       coalesce(c.relacl, acldefault('r', c.relowner))::text AS rights,
       pg_get_userbyid(c.relowner) AS owner, obj_description(c.oid) AS comment,
       (SELECT array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attcollation::text
                         || coalesce(pg_get_expr(d.adbin, d.adrelid), '') ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid) AS columns
FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""
SPLIT = {"local": "split_part(email, '@', 1)", "host": "split_part(email, '@', 2)"}
RENAME = {"kind": "rename_column", "table": "users", "from": "email", "to": "mail"}


def facts(connection: Connection) -> list[dict[str, Any]]:
    """Return all that a view is, and its rows."""
    found = [dict(row) for row in connection.execute(FACTS.encode())]
    for row in found:
        rows = connection.execute(f"SELECT v::text AS row FROM {quote(row['relname'])} v".encode()).fetchall()
        row["rows"] = sorted(each["row"] for each in rows)
    return found


def views(shapes: Mapping[str, str]) -> str:
    return "".join(
        f"CREATE VIEW v_{name} AS {query};\nCREATE VIEW w_{name} AS SELECT * FROM v_{name};\n"
        for name, query in shapes.items()
    )


def dressed(database: Database) -> str:
    """Return views with all that a view can have of its own."""
    role = quote(f"role of {database.name}")
    return f"""
        CREATE VIEW dressed WITH (security_barrier, security_invoker = true) AS
            SELECT id, email, name FROM users WHERE email <> '' WITH CASCADED CHECK OPTION;
        CREATE VIEW over_it WITH (check_option = local) AS SELECT d.id, upper(d.email) AS loud, d.name FROM dressed d;
        ALTER VIEW dressed ALTER COLUMN email SET DEFAULT 'nobody@example.org';
        COMMENT ON VIEW dressed IS 'shown to all';
        GRANT SELECT, UPDATE (email) ON dressed TO {role};
        GRANT SELECT ON over_it TO PUBLIC;
        GRANT ALL ON users TO {role};
        ALTER VIEW over_it OWNER TO {role};
    """


@pytest.fixture
def dress(database: Database, connection: Connection) -> Generator[str]:
    role = quote(f"role of {database.name}")
    run(connection, f"CREATE ROLE {role}")
    yield dressed(database)
    run(connection, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_each_view_is_what_the_server_itself_would_have_made_of_it(connection: Connection, dress: str) -> None:
    base = TABLES + views(SHAPES) + dress
    run(connection, base)
    run(connection, "ALTER TABLE users RENAME COLUMN email TO mail")
    by_hand = {row["relname"]: row for row in facts(connection)}
    run(connection, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    files = through(connection, base, RENAME)
    found = {row["relname"]: row for row in facts(connection)}
    assert found.keys() == by_hand.keys()
    for name, row in found.items():
        assert row == by_hand[name], name
    assert files["contract.sql"].count("CREATE OR REPLACE VIEW") == len(SHAPES) + 1


def test_the_folders_text_gives_the_same_views_as_the_catalog(connection: Connection) -> None:
    """A view of a * is left out: what it means is known to the server."""
    base = TABLES + views({name: query for name, query in SHAPES.items() if "*" not in query.replace("(*)", "")})
    run(connection, base)
    recipe = load(TERMS | RENAME)
    told = recipe.render(replay(parse_sql(base).statements), "20260901_m", 18).files["contract.sql"]
    run(connection, "ALTER TABLE users ADD COLUMN mail varchar(80)")
    found: list[list[dict[str, Any]]] = []
    for contract in (told, render(connection, **RENAME | {"to": "mail2"})["contract.sql"].replace("mail2", "mail")):
        replaced = [s.text for s in parse_sql(contract).statements if s.kind == "view_stmt"]
        with connection.transaction(force_rollback=True):
            run(connection, ";".join(replaced))
            found.append(facts(connection))
    assert found[0] == found[1]
    assert not any("users.email" in row["text"] for row in found[0])


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "change_column_type", "column": "email", "type": "text", "to": "mail"},
        {"kind": "split_column", "from": "email", "into": SPLIT, "down": "concat_ws('@', local, host)"},
        {
            "kind": "merge_columns",
            "to": "whole",
            "type": "text",
            "up": "concat_ws(' ', email, name)",
            "down": {"email": "split_part(whole, ' ', 1)", "name": "split_part(whole, ' ', 2)"},
        },
    ],
    ids=lambda asked: str(asked["kind"]),
)
def test_a_computed_column_keeps_its_type_and_values(connection: Connection, dress: str, asked: dict[str, Any]) -> None:
    base = TABLES + views({name: SHAPES[name] for name in COMPUTED}) + dress
    run(connection, base)
    before = [{**row, "text": ""} for row in facts(connection)]
    run(connection, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    through(connection, base, {"table": "users", "only_read": ["dressed", "v_star", "v_other_name"], **asked})
    assert [{**row, "text": ""} for row in facts(connection)] == before


CHANGES = {
    "query": "CREATE OR REPLACE VIEW dressed WITH (security_barrier, security_invoker = true) AS"
    " SELECT id, email, lower(name) AS name FROM users WHERE email <> '' WITH CASCADED CHECK OPTION",
    "options": "ALTER VIEW dressed SET (security_barrier = false)",
    "gone": "DROP VIEW dressed CASCADE",
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_view_that_was_changed_after_rendering_is_told_before_contract(
    connection: Connection, dress: str, what: str
) -> None:
    run(connection, TABLES + dress + "GRANT SELECT (name) ON dressed TO PUBLIC; CREATE SCHEMA migrator")
    files = render(connection, **RENAME)
    run(connection, files["expand.sql"])
    looks = parse_sql(files["verify.sql"]).statements[-1].text
    assert connection.execute(looks.encode()).fetchall() == []
    run(connection, f"REVOKE SELECT ON dressed FROM PUBLIC; {CHANGES[what]}; SET search_path = pg_catalog")
    found = connection.execute(looks.encode()).fetchall()
    changed = [what] if what in ("query", "options") else ["options", "query"]
    assert sorted((row["view"], row["changed"]) for row in found) == [("public.dressed", each) for each in changed]


MOODS = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE people (id int PRIMARY KEY, mood mood NOT NULL DEFAULT 'ok', name text);
INSERT INTO people SELECT g, (enum_range(NULL::mood))[g % 3 + 1], 'n' || g FROM generate_series(1, 12) g;
CREATE VIEW felt AS SELECT id, mood, mood = 'sad' AS is_sad, mood::text AS word FROM people WHERE mood <> 'ok';
CREATE VIEW counted AS SELECT mood, count(*) AS n, max(mood) AS most FROM people GROUP BY mood ORDER BY mood;
CREATE VIEW over_felt AS SELECT f.id, f.mood FROM felt f;
"""


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "rename_enum_value", "value": "sad", "new_value": "blue"},
        {"kind": "remove_enum_value", "value": "ok", "instead": "happy"},
    ],
    ids=lambda asked: str(asked["kind"]),
)
def test_a_view_goes_on_showing_the_labels_of_an_enum(connection: Connection, asked: dict[str, Any]) -> None:
    base, removed = MOODS, asked["kind"] == "remove_enum_value"
    table = {"table": "people", "column": "mood", "to": "feeling", "only_read": ["felt"]}
    run(connection, base + ("UPDATE people SET mood = 'happy' WHERE mood = 'ok'" if removed else ""))
    before = [{**row, "text": ""} for row in facts(connection)]
    run(connection, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    files = through(connection, base, {**asked, **table})
    assert [{**row, "text": ""} for row in facts(connection)] == before
    assert "DROP TYPE public.mood; ALTER TYPE public.mood_next RENAME TO mood" in " ".join(
        line.removeprefix("-- ") for line in files["contract.sql"].splitlines()
    )
