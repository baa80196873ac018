"""Cases of the recipes that add, replace or remove constraints, indexes, tables and types."""

from tests.recipes.recipe_case import Case

_EVENTS = """
CREATE SCHEMA app;
CREATE TABLE app.places (id integer PRIMARY KEY, name text);
CREATE TABLE app.events (
    id bigint NOT NULL,
    at date NOT NULL,
    place integer,
    kind text,
    CONSTRAINT events_pkey PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE app.events_2025 PARTITION OF app.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE app.events_2026 PARTITION OF app.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
    PARTITION BY HASH (id);
CREATE TABLE app."Events of 2026, a" PARTITION OF app.events_2026 FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE app.events_2026_b PARTITION OF app.events_2026 FOR VALUES WITH (modulus 2, remainder 1);
"""
_EVENT_ROWS = (
    "INSERT INTO app.places VALUES (1, 'one'), (2, 'two')",
    (
        "INSERT INTO app.events SELECT g, date '2025-06-01' + g * 9, g % 2 + 1, chr(96 + g % 3)"
        " FROM generate_series(1, 40) g"
    ),
)
_ORDERS = """
CREATE TABLE users (id integer PRIMARY KEY, email text);
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer, other integer);
"""
_ORDER_ROWS = (
    "INSERT INTO users SELECT g, 'u' || g FROM generate_series(1, 5) g",
    "INSERT INTO orders SELECT g, g % 5 + 1 FROM generate_series(1, 20) g",
)
_LONG = "a_table_whose_name_is_as_long_as_the_server_allows_it_to_be_____"[:63]

OBJECT_CASES: dict[str, Case] = {
    "add_foreign_key": Case(
        _ORDERS,
        {"kind": "add_foreign_key", "table": "public.orders", "columns": ["user_id"], "references": "public.users"}
        | {"on_delete": "cascade"},
        _ORDER_ROWS,
        "CREATE INDEX ON orders (user_id);"
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE",
    ),
    "add_foreign_key_cleaning": Case(
        _ORDERS + "CREATE INDEX orders_user ON orders (user_id, id);",
        {"kind": "add_foreign_key", "table": "public.orders", "columns": ["user_id"], "references": "public.users"}
        | {"set_null": True, "deferrable": True, "initially_deferred": True, "name": "belongs"},
        (*_ORDER_ROWS, "INSERT INTO orders VALUES (77, 99), (78, NULL)"),
        "UPDATE orders SET user_id = NULL WHERE id = 77;"
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users DEFERRABLE INITIALLY DEFERRED",
    ),
    "add_foreign_key_composite": Case(
        """
CREATE SCHEMA "My App";
CREATE TABLE "My App"."The Keys" ("A" integer, b text, CONSTRAINT k UNIQUE (b, "A"));
CREATE TABLE "My App"."The Rows" (id integer PRIMARY KEY, "A" integer NOT NULL, b text);
""",
        {"kind": "add_foreign_key", "table": '"My App"."The Rows"', "columns": ["A", "b"]}
        | {"references": '"My App"."The Keys"', "referenced": ["A", "b"], "on_update": "cascade", "set_null": True},
        (
            "INSERT INTO \"My App\".\"The Keys\" VALUES (1, 'x'), (2, 'y')",
            "INSERT INTO \"My App\".\"The Rows\" VALUES (1, 1, 'x'), (2, 2, 'none'), (3, 7, NULL)",
        ),
        'UPDATE "My App"."The Rows" SET b = NULL WHERE id = 2;'
        'CREATE INDEX ON "My App"."The Rows" ("A", b);'
        'ALTER TABLE "My App"."The Rows" ADD FOREIGN KEY ("A", b) REFERENCES "My App"."The Keys" ("A", b)'
        " ON UPDATE CASCADE",
    ),
    "add_foreign_key_partitioned": Case(
        _EVENTS,
        {"kind": "add_foreign_key", "table": "app.events", "columns": ["place"], "references": "app.places"},
        _EVENT_ROWS,
        "CREATE INDEX ON app.events (place); ALTER TABLE app.events ADD FOREIGN KEY (place) REFERENCES app.places",
    ),
    "add_unique": Case(
        "CREATE TABLE users (id integer PRIMARY KEY, email text, plan integer);",
        {"kind": "add_unique", "table": "public.users", "columns": ["email", "plan"], "deferrable": True},
        ("INSERT INTO users VALUES (1, 'a', 1), (2, 'a', 2), (3, NULL, 1), (4, NULL, 1)",),
        "ALTER TABLE users ADD UNIQUE (email, plan) DEFERRABLE",
    ),
    "add_unique_partitioned": Case(
        _EVENTS,
        {"kind": "add_unique", "table": "app.events", "columns": ["place", "at", "id"], "name": "one per day"},
        (_EVENT_ROWS[0], "INSERT INTO app.events VALUES (1, '2025-02-03', 1, 'a'), (2, '2026-02-03', 1, 'a')"),
        "ALTER TABLE app.events ADD UNIQUE (place, at, id)",
    ),
    "add_check": Case(
        "CREATE TABLE users (id integer PRIMARY KEY, age integer, name text);",
        {"kind": "add_check", "table": "public.users", "check": "age >= 0 AND age < 200", "set": {"age": "NULL"}},
        ("INSERT INTO users VALUES (1, 5), (2, -1), (3, NULL)",),
        "UPDATE users SET age = NULL WHERE age = -1; ALTER TABLE users ADD CHECK (age >= 0 AND age < 200)",
    ),
    "add_check_tighter": Case(
        "CREATE TABLE users (id integer PRIMARY KEY, age integer CONSTRAINT loose CHECK (age > 0));",
        {"kind": "add_check", "table": "public.users", "check": "age > 17", "name": "grown", "replaces": "loose"},
        ("INSERT INTO users VALUES (1, 50), (3, NULL)",),
        "ALTER TABLE users DROP CONSTRAINT loose, ADD CONSTRAINT grown CHECK (age > 17)",
    ),
    "add_check_partitioned": Case(
        _EVENTS,
        {"kind": "add_check", "table": "app.events", "check": "place > 0"},
        _EVENT_ROWS,
        "ALTER TABLE app.events ADD CHECK (place > 0)",
    ),
    "create_index_partitioned": Case(
        _EVENTS,
        {"kind": "create_index", "table": "app.events", "columns": ["place", "lower(kind)"], "where": "place > 1"},
        _EVENT_ROWS,
        "CREATE INDEX ON app.events (place, lower(kind)) WHERE place > 1",
    ),
    "create_index_on_partition": Case(
        _EVENTS,
        {"kind": "create_index", "table": "app.events_2026", "columns": ["id"], "unique": False},
        _EVENT_ROWS,
        "CREATE INDEX ON app.events_2026 (id)",
    ),
    "create_index_long_names": Case(
        f"CREATE TABLE {_LONG} (id integer PRIMARY KEY, {_LONG} text);",
        {"kind": "create_index", "table": _LONG, "columns": [_LONG, "id"]},
        (f"INSERT INTO {_LONG} VALUES (1, 'a')",),
        f"CREATE INDEX ON {_LONG} ({_LONG}, id)",
    ),
    "replace_index": Case(
        "CREATE TABLE users (id integer PRIMARY KEY, email text, plan text);\n"
        "CREATE INDEX users_email ON users (email);",
        {"kind": "replace_index", "table": "public.users", "index": "users_email", "columns": ["email", "plan"]}
        | {"keep_name": True},
        ("INSERT INTO users VALUES (1, 'a', 'b')",),
        "DROP INDEX users_email; CREATE INDEX users_email ON users (email, plan)",
    ),
    "replace_index_partitioned": Case(
        _EVENTS + "CREATE INDEX by_kind ON app.events (kind);",
        {"kind": "replace_index", "table": "app.events", "index": "by_kind", "columns": ["kind", "place DESC"]},
        _EVENT_ROWS,
        "DROP INDEX app.by_kind; CREATE INDEX ON app.events (kind, place DESC)",
    ),
    "rename_table": Case(
        """
CREATE TABLE users (id serial PRIMARY KEY, email text DEFAULT 'none' UNIQUE, "select" integer CHECK ("select" > 0));
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer REFERENCES users);
CREATE VIEW mails AS SELECT email FROM users;
GRANT SELECT ON users TO PUBLIC;
""",
        {"kind": "rename_table", "table": "public.users", "to": "People of ours"},
        ("INSERT INTO users SELECT g, 'u' || g, g FROM generate_series(1, 5) g",),
        'ALTER TABLE users RENAME TO "People of ours"',
    ),
    "rename_table_with_parts": Case(
        """
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE CHECK (email <> ''), boss integer REFERENCES users);
CREATE INDEX by_boss ON users (boss);
""",
        {"kind": "rename_table", "table": "public.users", "to": "people", "rename_parts": True},
        ("INSERT INTO users VALUES (1, 'a', 1)",),
        "ALTER TABLE users RENAME TO people; ALTER SEQUENCE users_id_seq RENAME TO people_id_seq",
    ),
    "rename_table_partitioned": Case(
        _EVENTS,
        {"kind": "rename_table", "table": "app.events", "to": "happenings"},
        _EVENT_ROWS,
        "ALTER TABLE app.events RENAME TO happenings",
    ),
    "drop_table": Case(
        """
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE old (id serial PRIMARY KEY, user_id integer CONSTRAINT old_user REFERENCES users);
CREATE TABLE lines (id integer PRIMARY KEY, old_id integer CONSTRAINT lines_old REFERENCES old);
CREATE VIEW olds AS SELECT id FROM old;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM olds;
""",
        {"kind": "drop_table", "table": "public.old", "also_drop": ["lines_old", "public.olds", "counted"]},
        ("INSERT INTO users VALUES (1)", "INSERT INTO old VALUES (1, 1)", "INSERT INTO lines VALUES (1, 1)"),
        "DROP MATERIALIZED VIEW counted; DROP VIEW olds; ALTER TABLE lines DROP CONSTRAINT lines_old; DROP TABLE old",
    ),
    "drop_table_soft": Case(
        _EVENTS + "ALTER TABLE app.events ADD CONSTRAINT at FOREIGN KEY (place) REFERENCES app.places;",
        {"kind": "drop_table", "table": "app.events", "soft": True},
        _EVENT_ROWS,
        "DROP TABLE app.events",
    ),
    "add_enum_value": Case(
        "CREATE TYPE mood AS ENUM ('sad', 'happy');\nCREATE TABLE users (id integer PRIMARY KEY, mood mood);",
        {"kind": "add_enum_value", "type": "public.mood", "value": "so-so", "before": "happy"},
        ("INSERT INTO users VALUES (1, 'sad')",),
        "ALTER TYPE mood ADD VALUE 'so-so' BEFORE 'happy'",
    ),
    "add_generated_column": Case(
        "CREATE TABLE lines (id integer PRIMARY KEY, price numeric(9, 2), amount integer NOT NULL);",
        {"kind": "add_generated_column", "table": "public.lines", "column": "total", "type": "numeric(12,2)"}
        | {"expression": "price * amount", "stored": True},
        ("INSERT INTO lines VALUES (1, 1.5, 2), (2, NULL, 3)",),
    ),
    "add_column_serial": Case(
        _EVENTS,
        {"kind": "add_column", "table": "app.events", "column": "number", "type": "bigserial"},
        _EVENT_ROWS,
        "ALTER TABLE app.events ADD COLUMN number bigserial",
    ),
    "add_column_identity": Case(
        'CREATE TABLE "Users" (id integer PRIMARY KEY);',
        {"kind": "add_column", "table": '"Users"', "column": "No", "type": "int", "identity": True},
        ('INSERT INTO "Users" SELECT generate_series(1, 9)',),
        'ALTER TABLE "Users" ADD COLUMN "No" integer GENERATED BY DEFAULT AS IDENTITY',
    ),
    "drop_column_partitioned": Case(
        _EVENTS
        + "ALTER TABLE app.events ALTER kind SET NOT NULL, ADD CHECK (kind <> '');\n"
        + "CREATE INDEX by_kind ON app.events (kind);\nCREATE INDEX part_kind ON app.events_2025 (kind, id);",
        {"kind": "drop_column", "table": "app.events", "column": "kind", "also_drop": ["part_kind"]},
        (
            _EVENT_ROWS[0],
            "INSERT INTO app.events SELECT g, date '2025-06-01' + g * 9, 1, 'k' FROM generate_series(1, 9) g",
        ),
        "ALTER TABLE app.events DROP COLUMN kind",
    ),
    "drop_column_dependents": Case(
        """
CREATE TABLE users (id integer PRIMARY KEY, email text, plan integer);
CREATE STATISTICS email_plan ON email, plan FROM users;
CREATE VIEW mails AS SELECT id, email FROM users;
CREATE VIEW long_mails AS SELECT * FROM mails WHERE length(email) > 20;
CREATE VIEW plans AS SELECT id, plan FROM users;
""",
        {"kind": "drop_column", "table": "public.users", "column": "email"}
        | {"also_drop": ["email_plan", "mails", "public.long_mails"]},
        ("INSERT INTO users VALUES (1, 'a', 2)",),
        "DROP VIEW long_mails; DROP VIEW mails; ALTER TABLE users DROP COLUMN email",
    ),
    "set_not_null_partitioned": Case(
        _EVENTS,
        {"kind": "set_not_null", "table": "app.events", "column": "place", "value": "0"},
        (*_EVENT_ROWS, "INSERT INTO app.events VALUES (99, '2026-05-05', NULL, 'z')"),
        "UPDATE app.events SET place = 0 WHERE place IS NULL; ALTER TABLE app.events ALTER COLUMN place SET NOT NULL",
    ),
    "custom": Case(
        # An autovacuum that gathers statistics before the step does would have it skipped.
        "CREATE TABLE users (id integer PRIMARY KEY) WITH (autovacuum_enabled = off);",
        {"kind": "custom", "name": "Users get a nick!"}
        | {
            "expand": "ALTER TABLE public.users ADD COLUMN nick text, ADD COLUMN old text;\nVACUUM public.users;",
            "migrate": "\n-- The planner learns.\nANALYZE public.users;\n",
            "contract": "ALTER TABLE public.users DROP COLUMN old;",
            "abort": "BEGIN;\nALTER TABLE public.users DROP COLUMN nick;\n"
            "ALTER TABLE public.users DROP COLUMN old;\nCOMMIT;",
            "verify": "SELECT * FROM public.users WHERE nick = '' LIMIT 1;",
            "probe": {"migrate.1": "SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'users'"},
        },
        ("INSERT INTO users VALUES (1)",),
        "ALTER TABLE public.users ADD COLUMN nick text",
    ),
}
