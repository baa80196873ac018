"""Cases of second columns on partitioned tables, down to the partitions of partitions."""

from tests.recipes.recipe_case import Case

_LOG = """
CREATE SCHEMA app;
CREATE TABLE app.log (
    id bigint NOT NULL,
    at date NOT NULL,
    size integer DEFAULT 1 NOT NULL,
    "Who" text,
    first text DEFAULT '' NOT NULL,
    last text,
    PRIMARY KEY (id, at),
    CONSTRAINT log_size_check CHECK (size > 0)
) PARTITION BY RANGE (at);
CREATE TABLE app.log_2025 PARTITION OF app.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE app.log_later PARTITION OF app.log DEFAULT PARTITION BY HASH (id);
CREATE TABLE app."Log, later" PARTITION OF app.log_later FOR VALUES WITH (modulus 1, remainder 0);
CREATE INDEX log_size_idx ON app.log (size, at) WHERE size > 5;
"""
_ROWS = (
    "INSERT INTO app.log SELECT g, date '2025-10-01' + g * 7, g, 'Ann Ek', 'Ann', 'Ek' FROM generate_series(1, 30) g",
    "INSERT INTO app.log (id, at, size) VALUES (50, '2025-05-05', 7), (51, '2027-01-01', 1)",
)
_FIRST, _REST = """split_part("Who", ' ', 1)""", """substr("Who", length(split_part("Who", ' ', 1)) + 2)"""

_MOODS = """
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TABLE diary (
    id integer NOT NULL,
    at date NOT NULL,
    mood mood DEFAULT 'sad' NOT NULL,
    PRIMARY KEY (id, at),
    CONSTRAINT diary_mood_check CHECK (mood <> 'sad' OR id > 0)
) PARTITION BY RANGE (at);
CREATE TABLE diary_2025 PARTITION OF diary FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE diary_later PARTITION OF diary DEFAULT PARTITION BY HASH (id);
CREATE TABLE "Diary, later" PARTITION OF diary_later FOR VALUES WITH (modulus 1, remainder 0);
CREATE INDEX diary_mood_idx ON diary (mood);
"""
_MOOD_ROWS = (
    """
    INSERT INTO diary
    SELECT g, date '2025-10-01' + g * 20, (enum_range(NULL::mood))[1 + g % 3] FROM generate_series(1, 9) g
    """,
)

PARTITIONED_CASES: dict[str, Case] = {
    "change_column_type_partitioned": Case(
        _LOG,
        {"kind": "change_column_type", "table": "app.log", "column": "size", "type": "bigint", "to": "bytes"},
        _ROWS,
        "ALTER TABLE app.log ALTER size TYPE bigint; ALTER TABLE app.log RENAME size TO bytes",
    ),
    "split_column_partitioned": Case(
        _LOG,
        {"kind": "split_column", "table": "app.log", "from": "Who", "into": {"given": _FIRST, "family": _REST}}
        | {"down": "nullif(concat_ws(' ', given, family), '')"},
        _ROWS,
        f"""
        ALTER TABLE app.log ADD COLUMN given text, ADD COLUMN family text;
        UPDATE app.log SET given = {_FIRST}, family = {_REST};
        ALTER TABLE app.log DROP COLUMN "Who"
        """,
    ),
    "merge_columns_partitioned": Case(
        _LOG,
        {"kind": "merge_columns", "table": "app.log", "to": "name", "type": "text", "not_null": True}
        | {"up": "concat_ws(' ', first, last)"}
        | {"down": {"first": "split_part(name, ' ', 1)", "last": "substr(name, length(split_part(name, ' ', 1)) + 2)"}},
        _ROWS,
        """
        ALTER TABLE app.log ADD COLUMN name text DEFAULT concat_ws(' ', (''::text), (NULL::text)) NOT NULL;
        UPDATE app.log SET name = concat_ws(' ', first, last);
        ALTER TABLE app.log DROP COLUMN first, DROP COLUMN last
        """,
    ),
    "rename_enum_value_partitioned": Case(
        _MOODS,
        {"kind": "rename_enum_value", "table": "public.diary", "column": "mood", "value": "sad", "new_value": "blue"}
        | {"to": "feeling"},
        _MOOD_ROWS,
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; ALTER TABLE diary RENAME mood TO feeling",
    ),
    "remove_enum_value_partitioned": Case(
        _MOODS,
        {"kind": "remove_enum_value", "table": "public.diary", "column": "mood", "value": "happy"}
        | {"instead": "it's ok", "to": "feeling"},
        _MOOD_ROWS,
        """
        CREATE TYPE mood_next AS ENUM ('sad', 'it''s ok');
        ALTER TABLE diary DROP CONSTRAINT diary_mood_check, ALTER mood DROP DEFAULT,
            ALTER mood TYPE mood_next USING (CASE mood WHEN 'happy' THEN 'it''s ok' ELSE mood END)::text::mood_next;
        ALTER TABLE diary ADD CONSTRAINT diary_mood_check CHECK (mood <> 'sad' OR id > 0);
        ALTER TABLE diary ALTER mood SET DEFAULT 'sad';
        DROP TYPE mood; ALTER TYPE mood_next RENAME TO mood;
        ALTER TABLE diary RENAME mood TO feeling
        """,
    ),
}
