"""Gate `dependencies`, as far as the catalog knows: each kind of user closes it by name, and its removal opens it."""

from typing import NamedTuple

import pytest

from migrator.gates import dependencies
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection
from tests.gates.asking import column, question

_TABLE = """
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, mail text, age int);
CREATE TABLE log (who text);
"""


class Case(NamedTuple):
    """A user of `users.email`: how it is made and unmade, and how the reason names it."""

    make: str
    unmake: str
    named: str


_CASES = {
    "view": Case("CREATE VIEW v AS SELECT email FROM users", "DROP VIEW v", "view public.v depends on"),
    "materialized view": Case(
        "CREATE MATERIALIZED VIEW mv AS SELECT email FROM users",
        "DROP MATERIALIZED VIEW mv",
        "materialized view public.mv depends on",
    ),
    "view over the whole row": Case(
        "CREATE VIEW w AS SELECT u.id, to_jsonb(u) AS j FROM users u",
        "DROP VIEW w",
        "view public.w reads the whole row",
    ),
    "rule": Case(
        "CREATE RULE r AS ON UPDATE TO users WHERE NEW.email IS NULL DO ALSO INSERT INTO log VALUES ('x')",
        "DROP RULE r ON users",
        "rule r on public.users depends on",
    ),
    "policy": Case(
        "CREATE POLICY p ON users USING (email = current_user)",
        "DROP POLICY p ON users",
        "policy p on public.users depends on",
    ),
    "policy of another table": Case(
        "CREATE POLICY p2 ON log USING (who IN (SELECT email FROM users))",
        "DROP POLICY p2 ON log",
        "policy p2 on public.log depends on",
    ),
    "trigger with WHEN": Case(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW"
        " WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION f()",
        "DROP TRIGGER t ON users",
        "trigger t on public.users depends on",
    ),
    "trigger with UPDATE OF": Case(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE OF email ON users FOR EACH ROW EXECUTE FUNCTION f()",
        "DROP TRIGGER t ON users",
        "trigger t on public.users depends on",
    ),
    "trigger argument": Case(
        "ALTER TABLE users ADD words tsvector; CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW"
        " EXECUTE FUNCTION tsvector_update_trigger('words', 'pg_catalog.english', 'email')",
        "DROP TRIGGER t ON users",
        "trigger t on public.users is given the name of",
    ),
    "generated column": Case(
        "ALTER TABLE users ADD upper_email text GENERATED ALWAYS AS (upper(email)) STORED",
        "ALTER TABLE users DROP COLUMN upper_email",
        "generated column public.users.upper_email",
    ),
    "publication with a column list": Case(
        "CREATE PUBLICATION pub FOR TABLE users (id, email)", "DROP PUBLICATION pub", "publication pub depends on"
    ),
    "publication with a row filter": Case(
        "CREATE PUBLICATION pub FOR TABLE users WHERE (email > 'a') WITH (publish = 'insert')",
        "DROP PUBLICATION pub",
        "publication pub depends on",
    ),
    "BEGIN ATOMIC function": Case(
        "CREATE FUNCTION ba() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT email FROM users LIMIT 1; END",
        "DROP FUNCTION ba",
        "function public.ba() depends on",
    ),
    "BEGIN ATOMIC function over the whole row": Case(
        "CREATE FUNCTION bw() RETURNS json LANGUAGE sql BEGIN ATOMIC SELECT row_to_json(u) FROM users u LIMIT 1; END",
        "DROP FUNCTION bw",
        "function public.bw() reads the whole row",
    ),
    "foreign key of another table": Case(
        "ALTER TABLE users ADD CONSTRAINT one_email UNIQUE (email);"
        "CREATE TABLE mails (email text CONSTRAINT to_users REFERENCES users (email))",
        "ALTER TABLE mails DROP CONSTRAINT to_users; ALTER TABLE users DROP CONSTRAINT one_email",
        "table constraint to_users on public.mails depends on",
    ),
    "index over two columns": Case(
        "CREATE INDEX two ON users (email, age)", "DROP INDEX two", "index public.two vanishes with"
    ),
    "index of an expression": Case(
        "CREATE INDEX lowered ON users (lower(email))", "DROP INDEX lowered", "index public.lowered vanishes with"
    ),
    "partial index of another column": Case(
        "CREATE INDEX a_few ON users (age) WHERE email > 'b'", "DROP INDEX a_few", "index public.a_few vanishes with"
    ),
    "check": Case(
        "ALTER TABLE users ADD CONSTRAINT adult CHECK (email <> '' OR age > 17)",
        "ALTER TABLE users DROP CONSTRAINT adult",
        "table constraint adult on public.users vanishes with",
    ),
    "unique constraint": Case(
        "ALTER TABLE users ADD CONSTRAINT one_email UNIQUE (email)",
        "ALTER TABLE users DROP CONSTRAINT one_email",
        "table constraint one_email on public.users vanishes with",
    ),
    "statistics": Case(
        "CREATE STATISTICS st ON email, age FROM users",
        "DROP STATISTICS st",
        "statistics object public.st vanishes with",
    ),
    "owned sequence": Case(
        "CREATE SEQUENCE s OWNED BY users.email",
        "ALTER SEQUENCE s OWNED BY NONE",
        "sequence public.s vanishes with",
    ),
}


def ask(connection: Connection) -> GateResult:
    return dependencies.evaluate(question(connection, removes=(column("email"),)))


@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES.keys())
def test_a_user_of_the_column_closes_the_gate_by_name_and_its_removal_opens_it(
    connection: Connection, case: Case
) -> None:
    connection.execute(_TABLE)
    assert ask(connection).status is GateStatus.OPEN
    connection.execute(case.make.encode())
    closed = ask(connection)
    assert closed.status is GateStatus.CLOSED
    assert case.named in closed.reason
    assert "column public.users.email" in closed.reason
    connection.execute(case.unmake.encode())
    assert ask(connection).status is GateStatus.OPEN
