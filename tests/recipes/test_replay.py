"""The replay against live servers: the same DDL must give the same schema, names that the server makes included."""

import re
from dataclasses import replace

import pytest

from migrator.names import TableName
from migrator.pg.connection import Connection
from migrator.schema.catalog import read_schema
from migrator.schema.model import Column, Schema, Table
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from tests.fix_server import Database

CASES = {
    "types": """
        CREATE TABLE t (
            a int, b int8, c smallint, d bool, e varchar(20), f varchar, g char(3), h char, i text[], j numeric(10, 2),
            k numeric, l decimal, m float, n real, o double precision, p timestamptz, q timestamp(3), r time, s timetz,
            t timestamp(2) with time zone, u interval, v interval day to second(3), w bit(3), x bit varying(4), y uuid,
            z jsonb, aa bytea, ab date, ac "char", ad int[][], ae interval(2), af bit, ag name, ah float(3), ai inet);
    """,
    "defaults": """
        CREATE TABLE t (
            id bigserial PRIMARY KEY, a text DEFAULT 'x''y', b int DEFAULT 0 NOT NULL, c timestamptz DEFAULT now(),
            d varchar(9) DEFAULT 'q', e bool DEFAULT true, f int DEFAULT -1, g date DEFAULT CURRENT_DATE,
            h text DEFAULT NULL, i jsonb DEFAULT '{}', j numeric(5, 2) DEFAULT 1.5, k serial4, l text[] DEFAULT '{}',
            m int GENERATED ALWAYS AS IDENTITY, n int GENERATED ALWAYS AS (b + 1) STORED, o text COLLATE "C");
        ALTER TABLE t ALTER a DROP DEFAULT, ALTER b SET DEFAULT 7, ALTER b DROP NOT NULL, ALTER d SET NOT NULL;
        ALTER TABLE t ALTER COLUMN d TYPE varchar(30), ALTER COLUMN o TYPE text;
    """,
    "sequences made by hand, as pg_dump writes them": """
        CREATE TABLE t (id integer NOT NULL, other int);
        CREATE SEQUENCE t_id_seq AS integer START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
        ALTER SEQUENCE public.t_id_seq OWNED BY public.t.id;
        ALTER TABLE ONLY t ALTER COLUMN id SET DEFAULT nextval('public.t_id_seq'::regclass);
        CREATE TABLE moved (id integer, wide bigint);
        CREATE SEQUENCE "Moved Seq" OWNED BY moved.id;
        ALTER SEQUENCE "Moved Seq" OWNED BY moved.wide;
        CREATE TABLE renamed (id serial, no int GENERATED ALWAYS AS IDENTITY);
        ALTER SEQUENCE renamed_id_seq RENAME TO renamed_seq;
        CREATE TABLE freed (id serial);
        ALTER SEQUENCE freed_id_seq OWNED BY NONE;
    """,
    "constraints": """
        CREATE TABLE users (
            id int PRIMARY KEY, email text UNIQUE, age int CHECK (age > 0), a int, b int CHECK (b > a) CHECK (b > 1),
            UNIQUE (a, b), CONSTRAINT named UNIQUE (b), UNIQUE (a) INCLUDE (b) DEFERRABLE INITIALLY DEFERRED,
            CHECK (age < 200));
        CREATE TABLE orders (
            id int, user_id int REFERENCES users, by int REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE,
            user_email text, PRIMARY KEY (id, user_id),
            FOREIGN KEY (user_email) REFERENCES users (email) MATCH FULL DEFERRABLE);
        ALTER TABLE orders ADD CHECK (id > 0) NOT VALID, ADD CONSTRAINT late CHECK (user_id > 0) NOT VALID;
        ALTER TABLE orders VALIDATE CONSTRAINT late;
        ALTER TABLE orders ADD COLUMN extra int UNIQUE CHECK (extra > 0) REFERENCES users (id) NOT NULL;
        ALTER TABLE users DROP CONSTRAINT named;
        CREATE UNIQUE INDEX orders_by_idx ON orders (by) INCLUDE (id);
        ALTER TABLE orders ADD CONSTRAINT one_by UNIQUE USING INDEX orders_by_idx;
    """,
    "indexes": """
        CREATE TABLE t (id int, email text, a int, "Na me" text);
        CREATE INDEX ON t (email);
        CREATE INDEX ON t (email);
        CREATE UNIQUE INDEX ON t (lower(email), a DESC NULLS LAST, (a + id), upper(email)) WHERE a > 1;
        CREATE INDEX gone ON t (a);
        CREATE INDEX CONCURRENTLY named ON t USING hash ("Na me");
        CREATE INDEX IF NOT EXISTS named ON t (a);
        CREATE INDEX ON t (coalesce(email, 'x'), (email::varchar), ("Na me" || email), a) INCLUDE (id);
        DROP INDEX gone;
        ALTER INDEX named RENAME TO renamed;
    """,
    "long names": f"""
        CREATE TABLE {"t" * 60} ({"c" * 50} int UNIQUE, {"d" * 63} int CHECK ({"d" * 63} > 0), {"é" * 20} serial);
        CREATE INDEX ON {"t" * 60} ({"c" * 50}, {"d" * 63});
    """,
    "drops": """
        CREATE TABLE users (id int PRIMARY KEY, email text, a int, b int, CHECK (a > b), CHECK (b > 0));
        CREATE TABLE orders (id int, user_id int REFERENCES users, other int);
        CREATE TABLE gone (id int);
        CREATE INDEX ON users (a, email);
        CREATE INDEX ON users (email) WHERE b > 0;
        ALTER TABLE users DROP COLUMN a, DROP COLUMN IF EXISTS unknown;
        ALTER TABLE orders DROP COLUMN other;
        DROP TABLE gone;
    """,
    "renames": """
        CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, a int CHECK (a > 0));
        CREATE TABLE orders (id int, user_id int REFERENCES users (id), user_email text REFERENCES users (email));
        CREATE INDEX lowered ON users (lower(email), a) INCLUDE (email) WHERE email <> 'email';
        CREATE VIEW v AS SELECT id, email FROM users;
        ALTER TABLE users RENAME COLUMN email TO "Mail";
        ALTER TABLE users RENAME TO people;
        ALTER TABLE people RENAME CONSTRAINT users_email_key TO people_mail_key;
        ALTER INDEX users_pkey RENAME TO people_pkey;
        ALTER TABLE orders RENAME COLUMN user_id TO person_id;
        CREATE SCHEMA app;
        ALTER TABLE orders SET SCHEMA app;
        ALTER VIEW v RENAME TO w;
    """,
    "dependents": """
        CREATE TABLE users (id int, email text, a int, b int, c int);
        CREATE TABLE orders (id int, user_id int);
        CREATE VIEW v AS SELECT email FROM users WHERE a > 0;
        CREATE VIEW star AS SELECT * FROM orders;
        CREATE MATERIALIZED VIEW m AS SELECT u.email FROM users u JOIN orders o ON o.user_id = u.b;
        CREATE VIEW gone AS SELECT c FROM users;
        DROP VIEW gone;
        CREATE POLICY p ON users USING (a > 0);
        ALTER TABLE users ENABLE ROW LEVEL SECURITY;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER tr BEFORE UPDATE OF email ON users FOR EACH ROW WHEN (OLD.a > 0) EXECUTE FUNCTION f();
        CREATE TRIGGER gone BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f();
        DROP TRIGGER gone ON users;
        CREATE STATISTICS st ON a, b FROM users;
        CREATE PUBLICATION pub FOR TABLE users (id, email);
    """,
    "search path": """
        CREATE SCHEMA app;
        SET search_path TO app;
        CREATE TABLE t (id serial PRIMARY KEY);
        CREATE INDEX ON t (id);
    """,
    "partitions": """
        CREATE TABLE p (a int, b int) PARTITION BY RANGE (a, (b + 1));
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0, 0) TO (10, 10);
        CREATE TABLE p2 (a int, b int);
        ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (20, 0) TO (30, 0);
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_replay_gives_what_the_server_has(connection: Connection, case: str) -> None:
    parsed = parse_sql(CASES[case])
    assert not parsed.problems
    for statement in parsed.statements:
        connection.execute(statement.text.encode())

    live, replayed = read_schema(connection), replay(parsed.statements)

    assert live.tables
    assert replayed.tables.keys() == live.tables.keys()
    for name, table in live.tables.items():
        assert _comparable(replayed.tables[name]) == _comparable(table)
    assert _dependents(replayed) == _dependents(live)


def test_replay_knows_rights_and_publications_as_the_server(database: Database, connection: Connection) -> None:
    role = f"role of {database.name}"
    connection.execute(f'CREATE ROLE "{role}"'.encode())
    parsed = parse_sql(f"""
        CREATE TABLE users (id int PRIMARY KEY, email text);
        CREATE TABLE others (id int);
        GRANT SELECT, INSERT, UPDATE ON users, others TO "{role}" WITH GRANT OPTION;
        GRANT SELECT ON TABLE users TO PUBLIC;
        REVOKE INSERT ON users FROM "{role}";
        GRANT SELECT (id) ON others TO PUBLIC;
        CREATE PUBLICATION first FOR TABLE users, others;
        CREATE PUBLICATION second FOR TABLE users;
        DROP PUBLICATION first;
    """)
    try:
        for statement in parsed.statements:
            connection.execute(statement.text.encode())
        live, replayed = read_schema(connection), replay(parsed.statements)
        users = live.tables[TableName("public", "users")]
        assert len(users.grants) == 3
        assert users.publications == ("second",)
        for name, table in live.tables.items():
            assert replayed.tables[name].grants == table.grants
            assert replayed.tables[name].publications == table.publications
    finally:
        connection.execute(f'DROP OWNED BY "{role}"'.encode())
        connection.execute(f'DROP ROLE "{role}"'.encode())


def _comparable(table: Table) -> Table:
    """Leave out what a replay cannot know, and the parentheses and casts that only the server's analysis adds."""
    return replace(
        table,
        columns=tuple(_column(column) for column in table.columns),
        indexes=tuple(
            replace(
                i,
                definition=_loose(i.definition),
                keys=tuple(map(_loose, i.keys)),
                predicate=_loose(i.predicate or ""),
            )
            for i in table.indexes
        ),
        constraints=tuple(
            replace(c, definition=_loose(c.definition)) for c in table.constraints if c.kind != "not null"
        ),
        is_incomplete=False,
    )


def _column(column: Column) -> Column:
    return replace(column, default=_loose(column.default or ""), settings=())


def _loose(text: str) -> str:
    return re.sub(r"::(text|varchar|character varying)|[()\s]", "", text).lower()


def _dependents(schema: Schema) -> set[tuple[str, str, str, str | None]]:
    return {(d.kind, d.name, str(d.table), d.column) for d in schema.dependents if d.kind != "generated column"}
