"""The cases of the recipes' tests, by name; those of one area stand in a file of their own."""

from tests.recipes.cases_objects import OBJECT_CASES
from tests.recipes.cases_partitioned import PARTITIONED_CASES
from tests.recipes.cases_shadow import SHADOW_CASES
from tests.recipes.cases_views import VIEW_CASES
from tests.recipes.recipe_case import TODAY, Case

__all__ = ["CASES", "TODAY", "Case"]

_USERS = """
CREATE TABLE companies (id integer PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email character varying(200) DEFAULT 'nobody@example.org' NOT NULL,
    name text,
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_email_check CHECK (email LIKE '%@%'),
    CONSTRAINT users_check CHECK (length(email) > 2 AND id > 0)
);
CREATE INDEX users_lower_email_idx ON users (lower(email)) WHERE email <> 'email';
CREATE INDEX users_name_email_idx ON users (name, email DESC NULLS LAST) INCLUDE (id);
"""
_USER_ROWS = ("INSERT INTO users SELECT g, 'u' || g || '@example.org', 'name' FROM generate_series(1, 50) g",)

_CASES: dict[str, Case] = {
    "rename_column": Case(
        _USERS,
        {"kind": "rename_column", "table": "public.users", "from": "email", "to": "mail"},
        _USER_ROWS,
        "ALTER TABLE users RENAME COLUMN email TO mail",
    ),
    "rename_column_plain": Case(
        "CREATE TABLE users (id integer PRIMARY KEY, email text);",
        {"kind": "rename_column", "table": "public.users", "from": "email", "to": "mail"},
        ("INSERT INTO users VALUES (1, 'a'), (2, NULL)",),
        "ALTER TABLE users RENAME COLUMN email TO mail",
    ),
    "rename_column_foreign_key": Case(
        """
CREATE TABLE companies (id integer PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE users (
    id integer PRIMARY KEY,
    company integer DEFAULT 1 REFERENCES companies ON DELETE SET NULL,
    boss integer REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT same UNIQUE (company, boss) DEFERRABLE
);
CREATE INDEX ON users (company);
""",
        {"kind": "rename_column", "table": "public.users", "from": "company", "to": "company_id"},
        (
            "INSERT INTO companies VALUES (1, 'a'), (2, 'b')",
            "INSERT INTO users VALUES (1, 1, 1), (2, 2, 1), (3, NULL, NULL)",
        ),
        "ALTER TABLE users RENAME COLUMN company TO company_id",
    ),
    "rename_column_quoted": Case(
        """
CREATE SCHEMA "My App";
CREATE TABLE "My App"."The Users" (
    "Id" uuid PRIMARY KEY,
    "E-Mail" text COLLATE "C" NOT NULL CHECK ("E-Mail" <> 'E-Mail'),
    "select" integer
);
CREATE UNIQUE INDEX "by ""E-Mail"" now" ON "My App"."The Users" ("E-Mail" text_pattern_ops) WHERE "select" > 0;
""",
        {"kind": "rename_column", "table": '"My App"."The Users"', "from": "E-Mail", "to": "Mail Address"},
        ("INSERT INTO \"My App\".\"The Users\" VALUES (gen_random_uuid(), 'a', 1), (gen_random_uuid(), 'b', 2)",),
        'ALTER TABLE "My App"."The Users" RENAME COLUMN "E-Mail" TO "Mail Address"',
    ),
    "rename_column_without_equality": Case(
        "CREATE TABLE places (id integer PRIMARY KEY, spot point NOT NULL, data json);",
        {"kind": "rename_column", "table": "public.places", "from": "spot", "to": "location"},
        ("INSERT INTO places VALUES (1, '(1,2)', '{}'), (2, '(3,4)', NULL)",),
        "ALTER TABLE places RENAME COLUMN spot TO location",
    ),
    "rename_column_serial": Case(
        "CREATE TABLE tickets (id integer PRIMARY KEY, number serial UNIQUE);",
        {"kind": "rename_column", "table": "public.tickets", "from": "number", "to": "ticket"},
        ("INSERT INTO tickets (id) SELECT generate_series(1, 9)",),
        "ALTER TABLE tickets RENAME COLUMN number TO ticket",
    ),
    "add_column_plain": Case(
        "CREATE TABLE users (id integer PRIMARY KEY);",
        {"kind": "add_column", "table": "public.users", "column": "nick", "type": "varchar(20)"},
        ("INSERT INTO users VALUES (1)",),
        "ALTER TABLE users ADD COLUMN nick varchar(20)",
    ),
    "add_column_constant": Case(
        "CREATE TABLE users (id integer PRIMARY KEY);",
        {"kind": "add_column", "table": "public.users", "column": "score", "type": "int", "default": "7"}
        | {"not_null": True},
        ("INSERT INTO users VALUES (1)",),
        "ALTER TABLE users ADD COLUMN score integer DEFAULT 7 NOT NULL",
    ),
    "add_column_volatile": Case(
        "CREATE TABLE users (id integer PRIMARY KEY);",
        {"kind": "add_column", "table": "public.users", "column": "token", "type": "uuid"}
        | {"default": "gen_random_uuid()", "not_null": True},
        ("INSERT INTO users SELECT generate_series(1, 9)",),
        "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid() NOT NULL",
    ),
    "create_index": Case(
        "CREATE TABLE users (id integer PRIMARY KEY, email text);",
        {"kind": "create_index", "table": "public.users", "columns": ["lower(email)", "id DESC"], "unique": True}
        | {"where": "email <> ''", "include": ["email"]},
        ("INSERT INTO users VALUES (1, 'a')",),
        "CREATE UNIQUE INDEX ON users (lower(email), id DESC) INCLUDE (email) WHERE email <> ''",
    ),
    "set_not_null": Case(
        "CREATE TABLE users (id integer PRIMARY KEY, email text);",
        {"kind": "set_not_null", "table": "public.users", "column": "email", "value": "'unknown-' || id"},
        ("INSERT INTO users VALUES (1, 'a'), (2, NULL)",),
        "UPDATE users SET email = '' WHERE email IS NULL; ALTER TABLE users ALTER COLUMN email SET NOT NULL",
    ),
    "drop_column": Case(
        """
CREATE TABLE companies (id integer PRIMARY KEY);
CREATE TABLE users (
    id integer PRIMARY KEY,
    company integer NOT NULL REFERENCES companies CHECK (company > 0) UNIQUE,
    name text
);
CREATE INDEX ON users (company) WHERE company > 5;
CREATE INDEX together ON users (company, name);
""",
        {"kind": "drop_column", "table": "public.users", "column": "company", "also_drop": ["together"]},
        ("INSERT INTO companies VALUES (1)", "INSERT INTO users VALUES (1, 1, 'a')"),
        "ALTER TABLE users DROP COLUMN company",
    ),
    "drop_column_serial": Case(
        "CREATE TABLE tickets (id integer PRIMARY KEY, number serial);",
        {"kind": "drop_column", "table": "public.tickets", "column": "number"},
        ("INSERT INTO tickets (id) SELECT generate_series(1, 9)",),
        "ALTER TABLE tickets DROP COLUMN number",
    ),
}

CASES: dict[str, Case] = _CASES | SHADOW_CASES | PARTITIONED_CASES | OBJECT_CASES | VIEW_CASES
