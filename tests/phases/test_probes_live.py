"""Every kind of object that a statement makes or removes, on live servers: the probe says what the catalog has."""

from pathlib import Path

from migrator.pg.connection import Connection
from migrator.phases.aims import OTHERS, RELATIONS, aims_of
from migrator.phases.probes import Finding, probe
from migrator.statements.facts import effects_of
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

KINDS = {
    "table": ("CREATE TABLE t2 (id int)", "DROP TABLE t2"),
    "view": ("CREATE VIEW v AS SELECT 1 AS one", "DROP VIEW v"),
    "materialized view": ("CREATE MATERIALIZED VIEW m AS SELECT 1 AS one", "DROP MATERIALIZED VIEW m"),
    "sequence": ("CREATE SEQUENCE s", "DROP SEQUENCE s"),
    "index": ("CREATE INDEX i ON t (id)", "DROP INDEX i"),
    "foreign table": ("CREATE FOREIGN TABLE ft (id int) SERVER sv", "DROP FOREIGN TABLE ft"),
    "column": ("ALTER TABLE t ADD COLUMN c int", "ALTER TABLE t DROP COLUMN c"),
    "constraint": ("ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0)", "ALTER TABLE t DROP CONSTRAINT c"),
    "trigger": ("CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()", "DROP TRIGGER g ON t"),
    "function": ("CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION g()"),
    "type": ("CREATE TYPE y AS (a int)", "DROP TYPE y"),
    "schema": ('CREATE SCHEMA "My Schema"', 'DROP SCHEMA "My Schema"'),
    "policy": ("CREATE POLICY p ON t", "DROP POLICY p ON t"),
    "rule": ("CREATE RULE r AS ON INSERT TO t DO ALSO NOTHING", "DROP RULE r ON t"),
    "statistics": ("CREATE STATISTICS x ON id, n FROM t", "DROP STATISTICS x"),
    "publication": ("CREATE PUBLICATION pub", "DROP PUBLICATION pub"),
    "subscription": (
        "CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)",
        "DROP SUBSCRIPTION sub",
    ),
    "event trigger": ("CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ef()", "DROP EVENT TRIGGER et"),
    "access method": ("CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler", "DROP ACCESS METHOD am"),
    "foreign-data wrapper": ("CREATE FOREIGN DATA WRAPPER w", "DROP FOREIGN DATA WRAPPER w"),
    "server": ("CREATE SERVER sv2 FOREIGN DATA WRAPPER fw", "DROP SERVER sv2"),
    "language": ("CREATE LANGUAGE la HANDLER plpgsql_call_handler", "DROP LANGUAGE la"),
    "enum value": ("ALTER TYPE mood ADD VALUE 'bad'", ""),
    "database": ("CREATE DATABASE {name}_2", "DROP DATABASE {name}_2"),
    "tablespace": ("", ""),
    "collation": ("", "DROP COLLATION co"),
    "conversion": ("", "DROP CONVERSION cv"),
    "text search configuration": ("", "DROP TEXT SEARCH CONFIGURATION tc"),
    "text search dictionary": ("", "DROP TEXT SEARCH DICTIONARY td"),
    "text search parser": ("", "DROP TEXT SEARCH PARSER tp"),
    "text search template": ("", "DROP TEXT SEARCH TEMPLATE tt"),
    "extension": ("", "DROP EXTENSION plpgsql CASCADE"),
}
"""Kind -> what makes one and what removes it; without the first, `WORLD` has one already."""
WORLD = """
CREATE TABLE t (id int, n int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE TYPE mood AS ENUM ('good');
CREATE FOREIGN DATA WRAPPER fw;
CREATE SERVER sv FOREIGN DATA WRAPPER fw;
CREATE COLLATION co FROM "C";
CREATE CONVERSION cv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE TEXT SEARCH CONFIGURATION tc (COPY = pg_catalog.simple);
CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple);
CREATE TEXT SEARCH PARSER tp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize);
"""


def _statement(text: str) -> Statement:
    (statement,) = parse_sql(text).statements
    return statement


def _finding(connection: Connection, statement: Statement) -> Finding:
    version = connection.info.server_version // 10000
    return probe(connection, statement, effects_of(statement, version)).finding


def test_every_kind_is_here() -> None:
    probed = RELATIONS | OTHERS | {"column", "constraint", "trigger", "function", "type", "schema"}
    assert set(KINDS) == probed


def test_each_is_seen_when_it_is_there_and_when_it_is_gone(connection: Connection) -> None:
    connection.execute(WORLD.encode())
    row = connection.execute("SELECT current_database() AS name").fetchone() or {}
    for kind, texts in KINDS.items():
        for text, is_made in zip(texts, (True, False), strict=True):
            if text:
                _see(connection, kind, text.format(name=row["name"]), is_made=is_made)


def _see(connection: Connection, kind: str, text: str, *, is_made: bool) -> None:
    statement = _statement(text)
    assert {"foreign table": "table"}.get(kind, kind) in {
        aim.ref.kind for aim in aims_of(statement, effects_of(statement))
    }
    if is_made:
        assert _finding(connection, statement) is Finding.ABSENT, text
    connection.execute(text.encode())
    assert _finding(connection, statement) is Finding.DONE, text


def test_a_tablespace(connection: Connection, tmp_path: Path) -> None:
    for name, made, removed in (("pg_default", Finding.DONE, Finding.ABSENT), ("none", Finding.ABSENT, Finding.DONE)):
        assert _finding(connection, _statement(f"CREATE TABLESPACE {name} LOCATION '{tmp_path}'")) is made
        assert _finding(connection, _statement(f"DROP TABLESPACE {name}")) is removed
