"""Cases of the recipes that work with a second column."""

from tests.recipes.cases_renames import RENAME_CASES
from tests.recipes.recipe_case import Case

_ORDERS = """
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    quantity integer DEFAULT 1 NOT NULL,
    code character varying(10),
    amount text,
    placed timestamp without time zone,
    CONSTRAINT orders_quantity_check CHECK (quantity > 0),
    CONSTRAINT orders_code_key UNIQUE (code)
);
CREATE INDEX orders_quantity_idx ON orders (quantity) WHERE quantity > 100;
"""
_ORDER_ROWS = (
    "INSERT INTO orders SELECT g, g, 'c' || g, (g * 1.5)::text, '2026-01-01' FROM generate_series(1, 40) g",
    "INSERT INTO orders (id, amount) VALUES (100, 'on request'), (101, NULL)",
)
_NUMBER = "CASE WHEN amount ~ '^[0-9]+([.][0-9]+)?$' THEN amount::numeric END"

_REST = "substr(full_name, length(split_part(full_name, ' ', 1)) + 2)"
_LAT, _LON = """split_part("Place", ',', 1)::numeric""", """split_part("Place", ',', 2)::numeric"""
_PEOPLE = """
CREATE TABLE people (id integer PRIMARY KEY, full_name text, city text);
CREATE INDEX people_full_name_idx ON people (lower(full_name));
CREATE INDEX people_city_name_idx ON people (city, full_name);
"""
_PEOPLE_ROWS = (
    "INSERT INTO people SELECT g, 'Ann' || g || ' van Berg', 'Ulm' FROM generate_series(1, 30) g",
    "INSERT INTO people VALUES (100, 'Mononym', NULL), (101, NULL, NULL), (102, '', NULL), (103, ' two  spaces', '')",
)

_KEYED = """
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, boss integer REFERENCES users);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    user_id integer DEFAULT 1 NOT NULL REFERENCES users ON DELETE CASCADE,
    total numeric,
    CONSTRAINT orders_once UNIQUE (user_id, total),
    CONSTRAINT orders_user_check CHECK (user_id > 0)
);
CREATE INDEX orders_user_id_idx ON orders (user_id) WHERE total > 0;
CREATE TABLE members (user_id integer PRIMARY KEY REFERENCES users, since date);
CREATE TABLE notes (id bigint PRIMARY KEY, member_id integer REFERENCES members, about bigint REFERENCES users);
"""
_KEYED_ROWS = (
    "INSERT INTO users (name, boss) SELECT 'n' || g, 1 FROM generate_series(1, 40) g",
    "INSERT INTO orders SELECT g, g, g FROM generate_series(1, 40) g",
    "INSERT INTO members SELECT g, '2026-01-01' FROM generate_series(1, 40) g",
    "INSERT INTO notes SELECT g, g, g FROM generate_series(1, 40) g",
)

_MOODS = """
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TABLE people (
    id integer PRIMARY KEY,
    mood mood DEFAULT 'sad' NOT NULL,
    CONSTRAINT people_mood_check CHECK (mood <> 'sad' OR id > 0)
);
CREATE INDEX people_mood_idx ON people (mood);
"""
_MOOD_ROWS = ("INSERT INTO people SELECT g, (enum_range(NULL::mood))[1 + g % 3] FROM generate_series(1, 40) g",)


def _change(column: str, type_name: str, **more: str) -> dict[str, object]:
    return {"kind": "change_column_type", "table": "public.orders", "column": column, "type": type_name, **more}


SHADOW_CASES: dict[str, Case] = {
    "change_column_type_free": Case(
        _ORDERS,
        _change("code", "varchar(40)"),
        _ORDER_ROWS,
        "ALTER TABLE orders ALTER code TYPE varchar(40)",
    ),
    "change_column_type_utc": Case(
        _ORDERS,
        _change("placed", "timestamptz", time_zone="UTC"),
        _ORDER_ROWS,
        "SET TimeZone = 'UTC'; ALTER TABLE orders ALTER placed TYPE timestamptz; RESET TimeZone",
    ),
    "change_column_type_wider": Case(
        _ORDERS,
        _change("quantity", "bigint", to="amount_ordered"),
        _ORDER_ROWS,
        "ALTER TABLE orders ALTER quantity TYPE bigint; ALTER TABLE orders RENAME quantity TO amount_ordered",
    ),
    "change_column_type_text_to_number": Case(
        _ORDERS,
        _change("amount", "numeric(12,2)", to="price", up=_NUMBER, down="price::text"),
        _ORDER_ROWS,
        f"ALTER TABLE orders ALTER amount TYPE numeric(12,2) USING {_NUMBER};ALTER TABLE orders RENAME amount TO price",
    ),
    "change_column_type_zone": Case(
        _ORDERS,
        _change("placed", "timestamptz", to="placed_at", time_zone="Europe/Berlin"),
        _ORDER_ROWS,
        "ALTER TABLE orders ALTER placed TYPE timestamptz USING placed AT TIME ZONE 'Europe/Berlin';"
        "ALTER TABLE orders RENAME placed TO placed_at",
    ),
    "split_column": Case(
        _PEOPLE,
        {
            "kind": "split_column",
            "table": "public.people",
            "from": "full_name",
            "into": {"first": "split_part(full_name, ' ', 1)", "last": _REST},
            "down": "concat_ws(' ', first, last)",
            "also_drop": ["people_city_name_idx"],
        },
        _PEOPLE_ROWS,
        f"""
        ALTER TABLE people ADD COLUMN first text, ADD COLUMN last text;
        UPDATE people SET first = split_part(full_name, ' ', 1), last = {_REST};
        ALTER TABLE people DROP COLUMN full_name
        """,
    ),
    "split_column_old_decides": Case(
        """
CREATE SCHEMA "Geo";
CREATE TABLE "Geo"."Spots" ("Id" uuid PRIMARY KEY, "Place" text NOT NULL);
""",
        {
            "kind": "split_column",
            "table": '"Geo"."Spots"',
            "from": "Place",
            "into": {
                "Lat": """split_part("Place", ',', 1)::numeric""",
                "Lon": """split_part("Place", ',', 2)::numeric""",
            },
            "types": {"Lat": "numeric(8,5)", "Lon": "numeric(8,5)"},
            "down": """concat("Lat", ',', "Lon")""",
            "authority": "old",
        },
        ("INSERT INTO \"Geo\".\"Spots\" VALUES (gen_random_uuid(), '1.5,2'), (gen_random_uuid(), '-3,4.25')",),
        f"""
        ALTER TABLE "Geo"."Spots" ADD COLUMN "Lat" numeric(8,5), ADD COLUMN "Lon" numeric(8,5);
        UPDATE "Geo"."Spots" SET "Lat" = {_LAT}, "Lon" = {_LON};
        ALTER TABLE "Geo"."Spots" DROP COLUMN "Place"
        """,
    ),
    "merge_columns": Case(
        """
CREATE TABLE people (
    id integer PRIMARY KEY,
    first character varying(50) NOT NULL,
    last character varying(50) DEFAULT '' NOT NULL,
    CONSTRAINT people_check CHECK (first <> '' OR last <> '')
);
CREATE INDEX people_last_first_idx ON people (last, first);
""",
        {
            "kind": "merge_columns",
            "table": "public.people",
            "to": "full_name",
            "type": "text",
            "up": "concat_ws(' ', first, last)",
            "down": {"first": "split_part(full_name, ' ', 1)", "last": _REST},
            "not_null": True,
        },
        ("INSERT INTO people SELECT g, 'Ann' || g, 'van Berg' FROM generate_series(1, 30) g",),
        """
        ALTER TABLE people ADD COLUMN full_name text DEFAULT '' NOT NULL;
        ALTER TABLE people ALTER full_name DROP DEFAULT;
        UPDATE people SET full_name = concat_ws(' ', first, last);
        ALTER TABLE people DROP COLUMN first, DROP COLUMN last
        """,
    ),
    "primary_key_to_bigint": Case(
        _KEYED,
        {"kind": "primary_key_to_bigint", "table": "public.users"},
        _KEYED_ROWS,
        """
        ALTER TABLE users ALTER id TYPE bigint, ALTER boss TYPE bigint;
        ALTER SEQUENCE users_id_seq AS bigint;
        ALTER TABLE orders ALTER user_id TYPE bigint;
        ALTER TABLE members ALTER user_id TYPE bigint;
        ALTER TABLE notes ALTER member_id TYPE bigint
        """,
    ),
    "primary_key_to_bigint_identity": Case(
        """
CREATE SCHEMA "App";
CREATE TABLE "App"."Item" (
    "Tenant" integer,
    "Id" integer GENERATED ALWAYS AS IDENTITY (INCREMENT BY 2),
    name text,
    PRIMARY KEY ("Tenant", "Id")
);
CREATE TABLE "App"."Part" (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    tenant integer,
    item integer,
    FOREIGN KEY (tenant, item) REFERENCES "App"."Item"
);
""",
        {"kind": "primary_key_to_bigint", "table": '"App"."Item"', "column": "Id"},
        (
            """INSERT INTO "App"."Item" ("Tenant", name) SELECT g % 2, 'n' FROM generate_series(1, 30) g""",
            """INSERT INTO "App"."Part" (tenant, item) SELECT "Tenant", "Id" FROM "App"."Item" """,
        ),
        """
        ALTER TABLE "App"."Item" ALTER "Id" TYPE bigint;
        ALTER TABLE "App"."Part" ALTER item TYPE bigint
        """,
    ),
    "rename_enum_value": Case(
        _MOODS,
        {"kind": "rename_enum_value", "table": "public.people", "column": "mood", "value": "sad", "new_value": "blue"}
        | {"to": "feeling"},
        _MOOD_ROWS,
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; ALTER TABLE people RENAME mood TO feeling",
    ),
    "remove_enum_value": Case(
        _MOODS + "CREATE TABLE pets (id integer PRIMARY KEY, mood mood);",
        {
            "kind": "remove_enum_value",
            "table": "public.people",
            "column": "mood",
            "value": "happy",
            "instead": "it's ok",
        }
        | {"to": "feeling"},
        _MOOD_ROWS,
        """
        CREATE TYPE mood_next AS ENUM ('sad', 'it''s ok');
        ALTER TABLE people DROP CONSTRAINT people_mood_check, ALTER mood DROP DEFAULT,
            ALTER mood TYPE mood_next USING (CASE mood WHEN 'happy' THEN 'it''s ok' ELSE mood END)::text::mood_next;
        ALTER TABLE people ADD CONSTRAINT people_mood_check CHECK (mood <> 'sad' OR id > 0);
        ALTER TABLE people ALTER mood SET DEFAULT 'sad';
        ALTER TABLE people RENAME mood TO feeling
        """,
    ),
    "change_column_type_free_partitioned": Case(
        """
CREATE TABLE events (id bigint, at date, kind character varying(10), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX ON events (kind);
""",
        {"kind": "change_column_type", "table": "public.events", "column": "kind", "type": "text"},
        ("INSERT INTO events SELECT g, '2025-01-01'::date + g, 'k' || g FROM generate_series(1, 30) g",),
        "ALTER TABLE events ALTER COLUMN kind TYPE text",
    ),
} | RENAME_CASES
