"""Cases of rename_column on tables that ask for more: referenced, partitioned, behind triggers, with long names."""

from tests.recipes.recipe_case import Case

RENAME_CASES: dict[str, Case] = {
    "rename_column_referenced": Case(
        """
CREATE TABLE countries (id integer PRIMARY KEY, code character(2) NOT NULL UNIQUE, parent character(2));
ALTER TABLE countries ADD FOREIGN KEY (parent) REFERENCES countries (code);
CREATE TABLE cities (
    id integer PRIMARY KEY,
    country character(2) DEFAULT 'DE' REFERENCES countries (code) ON UPDATE CASCADE ON DELETE SET NULL
);
""",
        {"kind": "rename_column", "table": "public.countries", "from": "code", "to": "iso_code"},
        (
            "INSERT INTO countries VALUES (1, 'DE', NULL), (2, 'FR', 'DE')",
            "INSERT INTO cities VALUES (1, 'DE'), (2, NULL)",
        ),
        "ALTER TABLE countries RENAME COLUMN code TO iso_code",
    ),
    "rename_column_partitioned": Case(
        """
CREATE TABLE events (
    id bigint NOT NULL,
    at date NOT NULL,
    kind text DEFAULT 'none' NOT NULL,
    PRIMARY KEY (id, at),
    CONSTRAINT events_kind_check CHECK (kind <> '')
) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2026-01-01');
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY HASH (id);
CREATE TABLE events_new_0 PARTITION OF events_new FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE events_new_1 PARTITION OF events_new FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX events_kind_idx ON events (lower(kind), at) WHERE kind <> 'kind';
""",
        {"kind": "rename_column", "table": "public.events", "from": "kind", "to": "type"},
        ("INSERT INTO events SELECT g, '2025-12-01'::date + g, 'k' || g FROM generate_series(1, 60) g",),
        "ALTER TABLE events RENAME COLUMN kind TO type",
    ),
    "rename_column_behind_triggers": Case(
        """
CREATE TABLE users (id integer PRIMARY KEY, email text);
CREATE FUNCTION lowered() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
CREATE TRIGGER zzz_lowered BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION lowered();
""",
        {"kind": "rename_column", "table": "public.users", "from": "email", "to": "mail"},
        ("INSERT INTO users VALUES (1, 'A'), (2, NULL)",),
        "ALTER TABLE users RENAME COLUMN email TO mail",
    ),
    "rename_column_long_names": Case(
        f"""
CREATE TABLE {"t" * 63} (id integer PRIMARY KEY, {"a" * 63} integer DEFAULT 1 NOT NULL CHECK ({"a" * 63} > 0), b text);
CREATE INDEX {"i" * 63} ON {"t" * 63} ({"a" * 63}, b);
CREATE INDEX {"i" * 61}_2 ON {"t" * 63} ((b || {"a" * 63}));
""",
        {"kind": "rename_column", "table": "t" * 63, "from": "a" * 63, "to": "é" * 31},
        (f"INSERT INTO {'t' * 63} SELECT g, g, 'b' FROM generate_series(1, 30) g",),
        f"ALTER TABLE {'t' * 63} RENAME COLUMN {'a' * 63} TO {'é' * 31}",
    ),
}
