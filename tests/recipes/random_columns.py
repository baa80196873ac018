"""Columns as a random schema draws them: names that need care, types with values at their edges, what stands behind.

Called by `schema_maker`. A type that a server does not know is no problem: the server refuses the statement, and the
schema is made without it.
"""

from dataclasses import dataclass
from random import Random

from migrator.names import quote

NAMES = (
    "plain", "Mixed Case", "select", 'q"uote', "größe", "a.b", "it's", "new", "old", "value", "tg_op", "excluded",
    "x" * 63, "ü" * 31, "user", "row", "%percent", "back\\slash", "1st", "order", "_", "key", "NEW", "t", "$1",
)  # fmt: skip
"""Quoted, reserved, 63 bytes long, and such as a function's own variables are called."""

PRELUDE = (
    "CREATE SCHEMA migrator",
    'CREATE SCHEMA "App Schema"',
    "CREATE SCHEMA sales",
    "CREATE TYPE sales.mood AS ENUM ('sad', 'it''s ok', 'Happy')",
    "CREATE DOMAIN sales.positive AS integer CONSTRAINT above CHECK (VALUE > -1000000)",
    "CREATE DOMAIN small AS sales.positive CHECK (VALUE < 1000000)",
    'CREATE DOMAIN "App Schema"."Short" AS varchar(30) COLLATE "C" CHECK (length(VALUE) < 25)',
    "CREATE DOMAIN given AS text DEFAULT 'of the type'",
    "CREATE TYPE sales.pair AS (x integer, y text)",
    "CREATE TYPE sales.span AS RANGE (subtype = integer)",
    "CREATE COLLATION sales.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    "CREATE FUNCTION sales.next_word() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT 'word' $$",
    "CREATE FUNCTION sales.same(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$",
    "CREATE SEQUENCE sales.numbers",
)

_TYPES: dict[str, tuple[str, ...]] = {
    "integer": ("0", "1", "-1", "2147483647", "-2147483648"),
    "smallint": ("0", "32767", "-32768"),
    "bigint": ("0", "9223372036854775807", "-9223372036854775808"),
    "text": ("''", "' '", "'a'", "'A'", "'ä\n\t\\'", "repeat('z', 3000)"),
    "character varying(20)": ("''", "'a'", "'A '", "repeat('z', 20)"),
    "character varying": ("''", "'a'"),
    "character(4)": ("''", "'a'", "'abcd'"),
    "numeric(8,2)": ("0", "1.50", "-999999.99", "'NaN'"),
    "numeric": ("0", "1.0", "1.00", "'NaN'", "1e-20"),
    "double precision": ("0", "'-0'", "'NaN'", "'Infinity'", "1e-300"),
    "real": ("0", "'NaN'", "1.1"),
    "boolean": ("true", "false"),
    "timestamp with time zone": ("'2026-03-29 02:30+01'", "'infinity'", "'-infinity'", "'4713-01-01 BC'"),
    "timestamp without time zone": ("'2026-03-29 02:30'", "'infinity'"),
    "timestamp(0) with time zone": ("'2026-03-29 02:30:00.6+01'",),
    "date": ("'2026-01-01'", "'infinity'"),
    "time without time zone": ("'24:00'", "'00:00'"),
    "interval": ("'1 day'", "'24:00'", "'-1 month'"),
    "uuid": ("'00000000-0000-0000-0000-000000000000'",),
    "jsonb": ("'null'", "'{}'", "'[1]'", "'{\"a\": 1.0}'"),
    "json": ("'null'", "'{\"b\":  1}'"),
    "bytea": ("''", "'\\x00ff'"),
    "integer[]": ("'{}'", "'{1,NULL}'", "'[0:1]={1,2}'"),
    "text[]": ("'{}'", "'{NULL,\"\"}'"),
    "sales.mood": ("'sad'", "'it''s ok'", "'Happy'"),
    "sales.mood[]": ("'{sad}'",),
    "sales.positive": ("0", "7"),
    "small": ("0", "7"),
    '"App Schema"."Short"': ("''", "'a'", "'B'"),
    "given": ("''", "'a'"),
    "sales.pair": ("ROW(1, 'a')", "ROW(NULL, NULL)"),
    "sales.span": ("'empty'", "'[1,5)'"),
    "int4range": ("'empty'", "'[1,)'"),
    "tstzrange": ("'[2026-01-01,)'",),
    "inet": ("'10.0.0.1'", "'::1/64'"),
    "point": ("'(0,1)'",),
    "box": ("'(0,0),(1,1)'",),
    "bit(3)": ("B'101'",),
    "bit varying(5)": ("B''", "B'1'"),
    "money": ("'1.5'",),
    "name": ("'n'",),
    "oid": ("0", "4294967295"),
    '"char"': ("'c'", "''"),
    "tsvector": ("'a b'",),
}

WIDER = {
    "integer": ("bigint", "numeric"),
    "smallint": ("integer", "bigint"),
    "bigint": ("numeric",),
    "text": ("character varying",),
    "character varying(20)": ("text", "character varying(40)", "character varying"),
    "character varying": ("text",),
    "numeric(8,2)": ("numeric(12,2)", "numeric", "numeric(14,4)"),
    "real": ("double precision",),
    "json": ("jsonb",),
    "timestamp(0) with time zone": ("timestamp with time zone",),
    "sales.positive": ("integer", "bigint"),
    "small": ("sales.positive", "integer", "bigint"),
    '"App Schema"."Short"': ("text", "character varying(30)"),
    "integer[]": ("bigint[]",),
    "bit varying(5)": ("bit varying(9)", "bit varying"),
    "inet": ("text",),
    "date": ("timestamp without time zone",),
}
"""What a type may be changed to without an expression, as far as the recipe lets it."""

_TEXTS = {"text", "character varying(20)", "character varying"}


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    """One column: its name, its type, what comes after the type, and values for it as SQL."""

    name: str
    type: str
    rest: str
    values: tuple[str, ...]
    is_written: bool = True
    """Whether INSERT and UPDATE may name it."""

    @property
    def sql(self) -> str:
        """The column as CREATE TABLE has it."""
        return f"{quote(self.name)} {self.type}{self.rest}"


def draw_column(random: Random, name: str, earlier: tuple[DrawnColumn, ...], major: int) -> DrawnColumn:
    """Return a column of any type; sometimes a generated one, or one that counts."""
    chance = random.random()
    numbers = [c for c in earlier if c.type == "integer" and c.is_written]
    if chance < 0.06 and numbers:
        kind = random.choice(("STORED", "VIRTUAL") if major >= 18 else ("STORED",))
        rest = f" GENERATED ALWAYS AS (({quote(numbers[0].name)} % 7) + 1) {kind}"
        return DrawnColumn(name, "integer", rest, (), is_written=False)
    if chance < 0.12:
        kind = random.choice(("serial", "bigserial", "smallserial"))
        return DrawnColumn(name, kind, "", ("5", "6"))
    if chance < 0.16:
        options = random.choice(("", " (START WITH 50 INCREMENT BY 5)"))
        return DrawnColumn(name, "integer", f" GENERATED BY DEFAULT AS IDENTITY{options}", ("8", "9"))
    kind = random.choice(("integer", "text", *_TYPES))
    return DrawnColumn(name, kind, _rest(random, kind), ("NULL", *_TYPES[kind]))


def _rest(random: Random, kind: str) -> str:
    rest = ""
    if kind in _TEXTS and random.random() < 0.3:
        rest += random.choice((' COLLATE "C"', " COLLATE sales.loose", ' COLLATE "POSIX"'))
    chance = random.random()
    if chance < 0.3:
        rest += f" DEFAULT {random.choice(_TYPES[kind])}"
    elif chance < 0.4 and kind in _TEXTS:
        rest += random.choice((" DEFAULT sales.next_word()", " DEFAULT CURRENT_USER", " DEFAULT 'a' || 'b'"))
    elif chance < 0.4 and kind in ("integer", "bigint"):
        rest += random.choice((" DEFAULT nextval('sales.numbers')", " DEFAULT length('abc')"))
    if random.random() < 0.3:
        rest += random.choice((" NOT NULL", " CONSTRAINT must NOT NULL"))
    return rest
