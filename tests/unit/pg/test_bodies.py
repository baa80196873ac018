"""What a function's text counts as a use of a removed object: one case for each decision in `migrator.pg.bodies`."""

import pytest

from migrator.pg.bodies import Body, Removed, how_used, plain_code

_USERS, _CUSTOMERS = 1, 2
_EMAIL = Removed(
    0, "column", "public", "email", frozenset({_USERS}), frozenset({("public", "users"), ("public", "all_users")})
)
_MAYBE = "may name in dynamic SQL"
_BY_POSITION = "inserts without a column list into the table of"


def body(source: str, language: str = "plpgsql", **tied: frozenset[int]) -> Body:
    relations = {"users": frozenset({_USERS}), "customers": frozenset({_CUSTOMERS})}
    return Body(plain_code(source, language), language, relations=relations, **tied)


@pytest.mark.parametrize(
    "source",
    [
        "SELECT email FROM users",
        "select U.EMAIL from Public.Users u",
        'SELECT "email" FROM "users"',
        "SELECT u . email\nFROM users u",
        "SELECT c.id FROM customers c JOIN users u ON u.email = c.email",
        "DECLARE e users.email%TYPE; BEGIN RETURN e; END",
        "DECLARE r users; BEGIN SELECT * INTO r FROM users; RETURN r.email; END",
        "WITH c AS (SELECT * FROM users) SELECT c.email FROM c",
        "SELECT email FROM all_users()",
        "EXECUTE 'SELECT email FROM users'",
        "EXECUTE format('SELECT %I FROM users', 'email')",
        "SELECT '--', email FROM users",
        r"SELECT E'it\'s --', email FROM users",
        "SELECT 1 /* why */, email FROM users",
        "SELECT u.email FROM users u WHERE EXISTS (SELECT FROM customers u)",
        "DECLARE customers users; BEGIN IF a IS DISTINCT FROM customers THEN RETURN customers.email; END IF; END",
    ],
)
def test_a_body_that_names_column_and_table_uses_it(source: str) -> None:
    assert how_used(body(source), _EMAIL) == "names"


@pytest.mark.parametrize(
    "source",
    [
        "SELECT id FROM users",
        "SELECT email FROM customers",
        "SELECT email_address FROM users",
        "SELECT mail.email_ FROM users",
        "SELECT id FROM users -- no longer email",
        "SELECT id /* not email */ FROM users",
        "SELECT c.email FROM customers c JOIN users u USING (id)",
        "SELECT customers.email FROM customers JOIN users USING (id)",
        "UPDATE customers AS c SET n = c.email FROM users",
        "SELECT email FROM archive.users",
        "NEW.email := 1; PERFORM 1 FROM users",
        "INSERT INTO users (id) VALUES (1)",
        "INSERT INTO users DEFAULT VALUES",
        "INSERT INTO users_log VALUES (1)",
        "EXECUTE FUNCTION email()",
    ],
)
def test_a_body_that_does_not_read_the_column_of_this_table_is_no_use(source: str) -> None:
    assert how_used(body(source), _EMAIL) == ""


@pytest.mark.parametrize(
    "source",
    [
        "INSERT INTO users VALUES (1, 'a')",
        "INSERT INTO public.users AS u SELECT * FROM customers",
        "insert into users overriding system value values (1)",
    ],
)
def test_insert_without_a_column_list_uses_every_column(source: str) -> None:
    assert how_used(body(source), _EMAIL) == _BY_POSITION


@pytest.mark.parametrize(
    "source",
    [
        "EXECUTE format('SELECT %I FROM %I', 'email', tbl)",
        "EXECUTE 'SELECT email FROM ' || tbl",
        "EXECUTE $q$SELECT email FROM $q$ || tbl",
    ],
)
def test_the_column_in_a_string_of_dynamic_sql_is_a_doubt(source: str) -> None:
    assert how_used(body(source), _EMAIL) == _MAYBE


def test_dynamic_sql_that_has_the_word_elsewhere_is_no_doubt() -> None:
    assert how_used(body("SELECT c.email FROM customers c; EXECUTE 'ANALYZE ' || tbl"), _EMAIL) == ""


@pytest.mark.parametrize(
    "source",
    ["NEW.email := lower(NEW.email)", "x := (OLD).email", "r := NEW; x := r.email", "to_jsonb(NEW) ->> 'email'"],
)
def test_new_and_old_are_rows_of_the_tables_that_have_the_trigger(source: str) -> None:
    assert how_used(body(source, trigger_tables=frozenset({_USERS})), _EMAIL) == "names"
    assert how_used(body(source, trigger_tables=frozenset({_CUSTOMERS})), _EMAIL) == ""


def test_a_trigger_function_that_writes_the_same_column_of_another_table_is_no_use() -> None:
    source = "UPDATE customers SET email = NEW.mail WHERE id = NEW.id"
    assert how_used(body(source, trigger_tables=frozenset({_USERS})), _EMAIL) == ""


def test_an_argument_of_the_row_type_gives_the_column() -> None:
    assert how_used(body("SELECT $1.email", "sql", row_tables=frozenset({_USERS})), _EMAIL) == "names"
    assert how_used(body("SELECT $1.email", "sql", row_tables=frozenset({_CUSTOMERS})), _EMAIL) == ""


def test_other_languages_are_searched_with_their_comments() -> None:
    source = "# plpy\nplpy.execute('select email from users')  -- x"
    assert how_used(body(source, "plpython3u"), _EMAIL) == "names"


@pytest.mark.parametrize(
    ("kind", "name", "source", "expected"),
    [
        ("table", "users", "DELETE FROM users", "names"),
        ("table", "users", "DELETE FROM archive.users", ""),
        ("view", "users", "SELECT FROM public.users", "names"),
        ("sequence", "users_id_seq", "nextval('public.users_id_seq')", "names"),
        ("function", "total", "RETURN total(1)", "names"),
        ("function", "total", "RETURN total + 1", ""),
        ("constraint", "one_email", "ON CONFLICT ON CONSTRAINT one_email DO NOTHING", "names"),
        ("constraint", "one_email", "RETURN one_email", ""),
    ],
)
def test_other_kinds_are_found_by_their_names(kind: str, name: str, source: str, expected: str) -> None:
    assert how_used(body(source), Removed(0, kind, "public", name)) == expected
