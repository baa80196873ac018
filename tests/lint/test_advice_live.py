"""The SQL in the help of rules, typed as it stands: it lints clean, and ends as what it replaces would."""

import re
from dataclasses import dataclass

import pytest

from migrator.lint.finding import Finding
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import Source
from migrator.pg.connection import Connection
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql

GIVEN = """
CREATE TABLE plans (id int PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE users (id int NOT NULL, mail text, age int, plan int);
CREATE UNIQUE INDEX users_mail_key ON users (mail);
CREATE TABLE "Big ""T" ("Id" int PRIMARY KEY, "on" int);
CREATE TABLE events (at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE "events-2" PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE visits (plan int CONSTRAINT "v p" REFERENCES plans, big int REFERENCES "Big ""T");
"""
_SQL = re.compile(r"\b(?:CREATE |ALTER |BEGIN;|REINDEX ).*;")


@dataclass(frozen=True)
class Case:
    """A statement that a rule reports; `first` is what the help says in words, and `others` may stay."""

    rule: str
    text: str
    first: str = ""
    allowed: frozenset[str] = frozenset()


CASES = [
    Case("add-unique-constraint", "ALTER TABLE users ADD UNIQUE (mail)"),
    Case(
        "add-unique-constraint",
        'ALTER TABLE "Big ""T" ADD CONSTRAINT "U" UNIQUE ("on") INCLUDE ("Id") DEFERRABLE INITIALLY DEFERRED',
    ),
    Case("add-primary-key", "ALTER TABLE users ADD PRIMARY KEY (id)"),
    Case("add-column-unique", "ALTER TABLE users ADD COLUMN c text UNIQUE", "ALTER TABLE users ADD COLUMN c text;"),
    Case(
        "add-column-unique",
        "ALTER TABLE users ADD COLUMN c int, ADD COLUMN d int CONSTRAINT k UNIQUE",
        "ALTER TABLE users ADD COLUMN c int, ADD COLUMN d int;",
    ),
    Case("add-check-not-valid", "ALTER TABLE users ADD CHECK (age > 0)"),
    Case(
        "add-check-not-valid",
        "ALTER TABLE users ADD CHECK (age > 0 AND plan > 0), ADD COLUMN x int",
        "ALTER TABLE users ADD COLUMN x int;",
    ),
    Case("add-fk-not-valid", "ALTER TABLE users ADD FOREIGN KEY (plan) REFERENCES plans ON DELETE SET NULL"),
    Case("add-fk-not-valid", 'ALTER TABLE "Big ""T" ADD FOREIGN KEY ("on") REFERENCES plans (id) DEFERRABLE'),
    Case("add-column-check", "ALTER TABLE users ADD q int CHECK (q > 1)", "ALTER TABLE users ADD q int;"),
    Case(
        "add-column-foreign-key",
        "ALTER TABLE users ADD q int DEFAULT 1 REFERENCES plans",
        "ALTER TABLE users ADD q int DEFAULT 1;",
    ),
    Case("create-index-non-concurrent", "CREATE INDEX ON events (lower(kind) DESC) WHERE kind <> ''"),
    Case("concurrent-index-on-partitioned", 'CREATE INDEX CONCURRENTLY "E k" ON events (kind)'),
    Case("drop-fk-parent-lock", "DROP TABLE visits", allowed=frozenset({"drop-table"})),
    Case("rename-table", "ALTER TABLE users RENAME TO people"),
    Case("reindex-non-concurrent", 'REINDEX (VERBOSE) TABLE "Big ""T"'),
]
_CHANGES_NOTHING_ELSE = (
    "drop-fk-parent-lock",
    "rename-table",
    "concurrent-index-on-partitioned",
    "create-index-non-concurrent",
)


def findings(text: str) -> tuple[Finding, ...]:
    past = History(None, replay(parse_sql(GIVEN).statements).settled())
    return lint([Source("x.sql", text)], 17, past=past).findings


def advice(case: Case) -> str:
    (found,) = (finding for finding in findings(case.text) if finding.rule == case.rule)
    match = _SQL.search(found.claim.help)
    assert match is not None, found.claim.help
    assert "…" not in found.claim.help
    return f"{case.first}\n{match[0]}"


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}-{number}" for number, case in enumerate(CASES)])
def test_the_advice_lints_clean_and_does_what_was_meant(case: Case, connection: Connection) -> None:
    text = advice(case)
    assert {finding.rule for finding in findings(text)} <= case.allowed
    wanted = _state(connection, case.text) if case.rule not in _CHANGES_NOTHING_ELSE else None
    made = _state(connection, text)
    assert wanted is None or made == wanted


def _state(connection: Connection, text: str) -> list[tuple[object, ...]]:
    """Run what is given and then the text, each statement on its own; return every constraint and index."""
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("CREATE SCHEMA public")
    for statement in parse_sql(f"{GIVEN}{text}").statements:
        connection.execute(statement.text.encode())
    rows = connection.execute(
        "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), convalidated AS is_valid"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace UNION ALL"
        " SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid), '', indisvalid FROM pg_index"
        " WHERE indrelid::regclass::text !~ '^pg_' ORDER BY 1, 2"
    ).fetchall()
    assert all(row["is_valid"] for row in rows), "valid, all of them"
    return [tuple(row.values()) for row in rows]
