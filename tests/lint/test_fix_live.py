"""Each fix of each rule, run on servers: both versions end with the same schema, and the fixed one lints clean."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrator.lint import rules
from migrator.lint.finding import Finding
from migrator.lint.fix import diff, fix_source
from migrator.lint.history import History
from migrator.lint.rule import all_rules
from migrator.lint.runner import lint
from migrator.lint.settings import LintSettings
from migrator.lint.source import Source
from migrator.pg.connection import Connection
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from tests.fix_server import Database
from tests.phases.looking import schema_dump

GIVEN = """
CREATE TABLE plans (id int PRIMARY KEY);
CREATE TABLE users (id int PRIMARY KEY, mail text, age int);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, plan int);
CREATE INDEX users_mail ON users (mail);
CREATE SCHEMA "Old Shop";
CREATE TABLE "Old Shop"."Orders" (id int PRIMARY KEY, "User" int);
"""
"""What the cases speak of; with rows, so that what reads them has something to read."""
ROWS = """
INSERT INTO plans SELECT generate_series(1, 9);
INSERT INTO users SELECT i, 'm' || i, i FROM generate_series(1, 9) i;
INSERT INTO orders SELECT i, i, i FROM generate_series(1, 9) i;
"""


@dataclass(frozen=True)
class Case:
    """A file that a rule reports and fixes."""

    rule: str
    text: str


CASES = [
    Case("add-check-not-valid", "ALTER TABLE users ADD CONSTRAINT users_age_check CHECK (age > 0);"),
    Case("add-check-not-valid", 'ALTER TABLE IF EXISTS ONLY users ADD CONSTRAINT "A b" CHECK (age > 0) NO INHERIT;'),
    Case("add-column-check", "ALTER TABLE users ADD COLUMN score int DEFAULT 1 CHECK (score > 0);"),
    Case("add-column-check", 'ALTER TABLE users ADD COLUMN "Score" int NOT NULL DEFAULT 1 CHECK ("Score" > 0);'),
    Case("add-column-foreign-key", "ALTER TABLE users ADD COLUMN plan_id int DEFAULT 1 REFERENCES plans (id);"),
    Case(
        "add-column-foreign-key",
        "ALTER TABLE users ADD plan_id int NOT NULL DEFAULT 1 CONSTRAINT f REFERENCES plans ON DELETE CASCADE;",
    ),
    Case("add-column-volatile-default", "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();"),
    Case(
        "add-column-volatile-default",
        "ALTER TABLE ONLY users ADD COLUMN \"At\" timestamptz(3) NULL DEFAULT clock_timestamp() - interval '1 day';",
    ),
    Case(
        "add-fk-not-valid",
        "ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);",
    ),
    Case(
        "add-fk-not-valid",
        'ALTER TABLE "Old Shop"."Orders" ADD CONSTRAINT "F k" FOREIGN KEY ("User") REFERENCES users (id) '
        "ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;",
    ),
    Case("concurrent-index-retry-hazard", "SET lock_timeout = '1s'; CREATE INDEX CONCURRENTLY i ON users (age);"),
    Case("create-index-non-concurrent", "CREATE UNIQUE INDEX i ON users (lower(mail)) WHERE age > 0;"),
    Case("create-index-non-concurrent", "SET statement_timeout = '9s'; CREATE INDEX i ON users (age); SELECT 1;"),
    Case("drop-index-non-concurrent", "DROP INDEX users_mail;"),
    Case("drop-index-non-concurrent", "DROP INDEX IF EXISTS public.users_mail;"),
    Case("require-lock-timeout", "ALTER TABLE users ADD COLUMN plan text;"),
]
_IDS = [f"{case.rule}-{number}" for number, case in enumerate(CASES)]


def test_every_rule_that_makes_a_fix_has_a_case() -> None:
    makers = {path.stem.replace("_", "-") for path in Path(rules.__path__[0]).glob("*.py") if _makes_a_fix(path)}
    assert makers == {case.rule for case in CASES}
    assert makers <= set(all_rules())


def _makes_a_fix(path: Path) -> bool:
    """Whether the module passes a fix to a claim; a rule has no other way to offer one."""
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return any(keyword.arg == "fix" for call in calls for keyword in call.keywords)


def findings(case: Case, text: str) -> tuple[Finding, ...]:
    past = History(None, replay(parse_sql(GIVEN).statements).settled())
    settings = LintSettings(rules={case.rule: "error"})
    return lint([Source("e.sql", text)], 17, settings, past).findings


@pytest.mark.parametrize("case", CASES, ids=_IDS)
def test_a_fix_removes_its_finding_and_makes_no_new_one(case: Case) -> None:
    found = findings(case, case.text)
    assert {finding.rule for finding in found if finding.claim.fix is not None} == {case.rule}
    fixed = fix_source(Source("e.sql", case.text), lambda source: findings(case, source.text))
    assert fixed.after != fixed.before
    assert fixed.titles
    assert findings(case, fixed.after) == ()
    assert diff(fixed).startswith("--- a/e.sql\n+++ b/e.sql\n@@ -")


@pytest.mark.parametrize("case", CASES, ids=_IDS)
def test_both_versions_end_with_the_same_schema(case: Case, database: Database, connection: Connection) -> None:
    fixed = fix_source(Source("e.sql", case.text), lambda source: findings(case, source.text))
    before, after, untouched = (
        _schema_after(database, connection, text) for text in (fixed.before, fixed.after, "SELECT 1")
    )
    assert after == before
    # lifted timeouts and those that are set are nothing that a dump shows
    assert before != untouched


def _schema_after(database: Database, connection: Connection, text: str) -> str:
    """Run what is given and then the text, each statement on its own, in an empty database."""
    connection.execute("RESET ALL")
    connection.execute('DROP SCHEMA IF EXISTS public, "Old Shop" CASCADE')
    connection.execute("CREATE SCHEMA public")
    for statement in parse_sql(f"{GIVEN}{ROWS}{text}").statements:
        connection.execute(statement.text.encode())
    return schema_dump(database.server, database.dsn)


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE users ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS token uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid() UNIQUE;",
        "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid(), ADD COLUMN b int;",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS p int DEFAULT 1 REFERENCES plans (id);",
        "ALTER TABLE users ADD COLUMN p int DEFAULT 1 REFERENCES plans (id) DEFERRABLE;",
        "ALTER TABLE users ADD COLUMN p int DEFAULT 1 CHECK (p > id);",
        f"ALTER TABLE users ADD COLUMN {'p' * 60} int DEFAULT 1 REFERENCES plans (id);",
        "ALTER TABLE users ADD CHECK (age > 0);",
        "BEGIN; ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0); COMMIT;",
        "CREATE INDEX IF NOT EXISTS i ON users (age);",
        "DROP INDEX users_mail CASCADE;",
    ],
)
def test_where_the_meaning_would_change_nothing_is_fixed(text: str) -> None:
    found = findings(Case("truncate", text), text)
    assert found
    assert [finding.rule for finding in found if finding.claim.fix is not None] == []
