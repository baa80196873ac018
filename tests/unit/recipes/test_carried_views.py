"""Which views are made again over a new column from the folder's own text, and which are refused with the reason."""

import pytest

from migrator.errors import RecipeRefused
from migrator.recipes import load
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql

TABLES = """
CREATE TABLE users (id int PRIMARY KEY, email varchar(9), name text, status text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, email text);
"""
RENAME = {"kind": "rename_column", "from": "email", "to": "mail"}
RETYPE = {"kind": "change_column_type", "column": "email", "type": "text", "to": "mail"}


def contract(setup: str, **arguments: object) -> str:
    recipe = load({"table": "users", "contract_by": "2099-01-01"} | (arguments or RENAME))
    return recipe.render(replay(parse_sql(TABLES + setup).statements), "m", 17).files["contract.sql"]


@pytest.mark.parametrize(
    ("view", "made"),
    [
        ("CREATE VIEW v AS SELECT email FROM users", "v AS\nSELECT users.mail AS email FROM public.users"),
        (
            "CREATE VIEW v (a, b) AS SELECT id, email FROM users u",
            "v (a, b) AS\nSELECT id, u.mail AS email FROM public.users u",
        ),
        (
            "CREATE VIEW v WITH (security_invoker = true) AS SELECT public.users.email FROM users WITH CHECK OPTION",
            "v WITH (security_invoker=true) AS\nSELECT public.users.mail AS email FROM public.users WITH CHECK OPTION",
        ),
        (
            "CREATE VIEW v AS SELECT (SELECT email FROM orders WHERE user_id = u.id) AS o FROM users u ORDER BY email",
            (
                "v AS\nSELECT (SELECT email FROM public.orders WHERE user_id = u.id) AS o FROM public.users u"
                " ORDER BY u.mail"
            ),
        ),
        (
            "CREATE VIEW v AS SELECT id FROM orders o WHERE EXISTS (SELECT FROM users WHERE email = o.email)",
            "v AS\nSELECT id FROM public.orders o WHERE EXISTS (SELECT FROM public.users WHERE users.mail = o.email)",
        ),
        (
            (
                "CREATE VIEW v AS SELECT id FROM users WHERE id IN"
                " (SELECT id FROM (VALUES (1)) AS x (id) WHERE status > '') AND email > status"
            ),
            (
                "v AS\nSELECT id FROM public.users"
                " WHERE id IN (SELECT id FROM (VALUES (1)) x(id) WHERE status > '') AND users.mail > status"
            ),
        ),
    ],
)
def test_only_the_columns_of_the_table_are_replaced(view: str, made: str) -> None:
    assert f"CREATE OR REPLACE VIEW public.{made};\n" in contract(view)


@pytest.mark.parametrize(
    ("setup", "reason"),
    [
        ("CREATE VIEW v AS SELECT * FROM users", "it reads whole rows of public.users (*)"),
        ("CREATE VIEW v AS SELECT u.*, u.email AS e FROM users u", "it reads whole rows of public.users (*)"),
        ("CREATE VIEW v AS SELECT email, to_json(u) AS row FROM users u", "it reads whole rows of public.users (u)"),
        ("CREATE VIEW v AS SELECT email FROM users JOIN orders USING (email)", "it joins public.users USING (email)"),
        ("CREATE VIEW v AS SELECT email FROM users NATURAL JOIN orders", "it joins public.users by NATURAL JOIN"),
        ("CREATE VIEW v AS SELECT a, b FROM users u (a, b) WHERE email > ''", "it gives other names to the columns"),
        (
            "CREATE VIEW v AS SELECT j.email FROM (users JOIN orders o ON true) AS j",
            "it gives other names to the columns of public.users",
        ),
        (
            "CREATE VIEW v AS SELECT (SELECT email FROM unknown) AS e FROM users",
            "it is not clear whose column email is",
        ),
        (
            "CREATE VIEW v AS SELECT (SELECT email FROM (SELECT 1 AS a) users) AS e FROM users",
            "it is not clear whose column email is",
        ),
        ("CREATE VIEW v AS SELECT o.* FROM users u, orders o ORDER BY email", "it sorts by email beside a *"),
        (
            "CREATE VIEW v AS SELECT email FROM users; CREATE RULE r AS ON INSERT TO v DO INSTEAD NOTHING",
            "has its own rule r",
        ),
        (
            (
                "CREATE VIEW v AS SELECT email FROM users;"
                "CREATE TRIGGER t INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()"
            ),
            "has its own trigger t",
        ),
    ],
)
def test_what_is_not_clear_is_refused(setup: str, reason: str) -> None:
    with pytest.raises(RecipeRefused) as caught:
        contract(setup)
    assert "The view public.v over public.users" in caught.value.situation
    assert reason in caught.value.situation
    assert "SELECT pg_get_viewdef('public.v'::regclass)" in caught.value.todo


def test_a_row_lock_names_what_stands_in_from() -> None:
    made = contract("CREATE VIEW v AS SELECT u.email FROM users u FOR UPDATE OF u")
    assert "AS\nSELECT u.mail AS email FROM public.users u FOR UPDATE OF u;\n" in made


def test_a_with_query_may_read_the_table_whose_name_it_takes() -> None:
    """It was taken for a query that reads no table, so that the contract met the view at its last step."""
    with pytest.raises(RecipeRefused, match=r"view public.v .* does not tell its definition for sure"):
        contract("CREATE VIEW v AS WITH users AS (SELECT id, email FROM users) SELECT email FROM users")


@pytest.mark.parametrize(
    "later",
    [
        "ALTER TABLE users RENAME COLUMN name TO nick",
        "ALTER TABLE orders RENAME TO purchases",
        "ALTER VIEW v SET (security_barrier)",
        "ALTER VIEW v RENAME COLUMN email TO address",
        "SET search_path = app; CREATE OR REPLACE VIEW public.v AS SELECT id, email FROM public.users",
    ],
)
def test_a_definition_whose_words_may_have_changed_is_asked_of_the_database(later: str) -> None:
    with pytest.raises(RecipeRefused, match=r"view public.v .* does not tell its definition for sure. Give --dsn"):
        contract(f"CREATE VIEW v AS SELECT u.id, u.email FROM users u, orders o; {later}")


def test_what_is_no_part_of_a_definition_leaves_it_known() -> None:
    later = "ALTER VIEW v OWNER TO app; ALTER VIEW v ALTER COLUMN email SET DEFAULT 'x'; ALTER VIEW v RENAME TO w"
    assert "VIEW public.w AS\n" in contract(f"CREATE VIEW v AS SELECT id, email FROM users; {later}")


def test_a_column_that_would_be_computed_is_refused_where_it_may_be_written() -> None:
    view = "CREATE VIEW v AS SELECT id, email FROM users"
    with pytest.raises(
        RecipeRefused, match=r"public\.v shows public\.users\.email and can be written.* --only-read public.v"
    ):
        contract(view, **RETYPE)
    made = contract(view, **RETYPE, only_read=["v"])
    assert "SELECT id, users.mail::varchar(9) AS email FROM public.users" in made


@pytest.mark.parametrize(
    "query", ["SELECT email, count(*) AS n FROM users GROUP BY email", "SELECT id FROM users WHERE email > ''"]
)
def test_a_view_through_which_nobody_can_write_the_column_needs_no_word(query: str) -> None:
    assert "users.mail::varchar(9)" in contract(f"CREATE VIEW v AS {query}", **RETYPE)
