"""Cases of columns that views read: the views are the application's too, and stay what they are."""

from tests.recipes.recipe_case import Case

_USERS = """
CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, name text DEFAULT 'nobody');
CREATE VIEW shown WITH (security_barrier) AS
    SELECT id, email, name FROM users WHERE email <> '' WITH LOCAL CHECK OPTION;
CREATE VIEW shown_again AS SELECT s.id, upper(s.email) AS loud FROM shown s;
CREATE VIEW pairs AS
    SELECT u.id, u.email, o.email AS other
    FROM users u LEFT JOIN LATERAL (SELECT x.email FROM users x WHERE x.id = u.id AND x.email = u.email) o ON true;
"""
_PAYMENTS = """
CREATE TABLE payments (id integer PRIMARY KEY, amount integer DEFAULT 1 NOT NULL, payer text);
CREATE VIEW paid AS SELECT id, amount, amount % 7 AS rest, payer FROM payments;
CREATE VIEW sums AS SELECT payer, sum(amount) AS total, max(amount) AS most FROM payments GROUP BY payer;
"""
_SUMS = "CREATE VIEW sums AS SELECT payer, sum(cents::integer) AS total, max(cents::integer) AS most FROM payments"
_PEOPLE = """
CREATE TABLE people (id integer PRIMARY KEY, full_name text, city text);
CREATE VIEW named AS SELECT DISTINCT id, full_name, length(full_name) AS long, city FROM people;
"""
_PARTS = {
    "first": "split_part(full_name, ' ', 1)",
    "last": "nullif(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '')",
}

VIEW_CASES: dict[str, Case] = {
    "rename_column_under_views": Case(
        _USERS,
        {"kind": "rename_column", "table": "public.users", "from": "email", "to": "mail"},
        ("INSERT INTO users SELECT g, 'u' || g, 'n' FROM generate_series(1, 20) g",),
        "ALTER TABLE users RENAME COLUMN email TO mail",
    ),
    "change_column_type_under_views": Case(
        _PAYMENTS,
        {"kind": "change_column_type", "table": "public.payments", "column": "amount", "type": "bigint", "to": "cents"}
        | {"only_read": ["paid"]},
        ("INSERT INTO payments SELECT g, g, 'p' || g % 3 FROM generate_series(1, 20) g",),
        "DROP VIEW paid, sums;"
        "ALTER TABLE payments ALTER amount TYPE bigint; ALTER TABLE payments RENAME amount TO cents;"
        "CREATE VIEW paid AS SELECT id, cents::integer AS amount, cents::integer % 7 AS rest, payer FROM payments;"
        f"{_SUMS} GROUP BY payer",
    ),
    "split_column_under_views": Case(
        _PEOPLE,
        {"kind": "split_column", "table": "public.people", "from": "full_name", "into": _PARTS}
        | {"down": "concat_ws(' ', first, last)"},
        ("INSERT INTO people SELECT g, 'first' || g || ' last', 'c' FROM generate_series(1, 20) g",),
    ),
}
