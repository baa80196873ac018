"""`--fix` and `--diff`: edits that never mix, files that keep their form, the same schema at the end."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from migrator.lint.finding import Edit, Finding, Fix
from migrator.lint.fix import apply, diff, fix_source
from migrator.lint.history import History
from migrator.lint.rule import Rule, all_rules
from migrator.lint.runner import lint
from migrator.lint.settings import LintSettings
from migrator.lint.source import Source
from migrator.pg.connection import Connection
from migrator.schema.catalog import read_schema
from migrator.schema.model import Schema
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Span
from tests.lint.fix_command import run

INDEX = "CREATE INDEX i ON t (a);\n"
FIXED_INDEX = "CREATE INDEX CONCURRENTLY i ON t (a);\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def fix(start: int, end: int, text: str) -> Fix:
    return Fix(f"{start}", (Edit(Span(start, end), text),))


def test_edits_are_applied_at_their_places() -> None:
    assert apply("abcdef", [fix(0, 1, "XX"), fix(4, 6, ""), fix(2, 2, "-")]) == ("XXb-cd", ("0", "4", "2"))


def test_fixes_that_overlap_wait() -> None:
    both = Fix("both", (Edit(Span(5, 6), "F"), Edit(Span(1, 3), "?")))
    assert apply("abcdef", [fix(0, 2, "X"), both]) == ("Xcdef", ("0",))
    assert apply("abcdef", [fix(2, 2, "-"), fix(2, 2, "+")]) == ("ab-cdef", ("2",))


def test_the_same_edit_is_applied_once() -> None:
    assert apply("abc", [fix(0, 0, "-"), fix(0, 0, "-")]) == ("-abc", ("0", "0"))


def test_line_ends_stay_those_of_the_file() -> None:
    assert apply("a\r\nb", [fix(0, 0, "x\ny\r\n")])[0] == "x\r\ny\r\na\r\nb"


def test_a_file_is_fixed_whole_and_keeps_its_form(project: Path) -> None:
    file = project / "ä.sql"
    file.write_bytes(
        b"\xef\xbb\xbf-- \xc3\xa4\r\n" + (INDEX + INDEX.replace("i ", "j ")).replace("\n", "\r\n").encode()
    )
    file.chmod(0o640)
    done = run("ä.sql", "--fix", cwd=project, environment={"LC_ALL": "C.UTF-8"})
    assert (done.returncode, b"Build the index concurrently" in done.stderr) == (0, True)
    expected = "\ufeff-- ä\r\n" + (FIXED_INDEX + FIXED_INDEX.replace("i ", "j ")).replace("\n", "\r\n")
    assert file.read_bytes().decode() == expected
    assert file.stat().st_mode & 0o777 == 0o640
    assert run(".", "--fix", cwd=project).returncode == 0
    assert file.read_bytes().decode() == expected
    assert sorted(path.name for path in project.iterdir()) == [".git", "ä.sql"]


def test_a_diff_changes_nothing_and_can_be_applied(project: Path) -> None:
    (project / "a b.sql").write_text(f"SELECT 1;\n{INDEX.rstrip()}")
    done = run(".", "--diff", cwd=project)
    assert done.returncode == 1
    assert (project / "a b.sql").read_text() == f"SELECT 1;\n{INDEX.rstrip()}"
    patch = run(".", "--diff", "--output", "json", cwd=project).stderr
    (project / ".git").rmdir()
    subprocess.run(["git", "apply", "-"], cwd=project, input=patch, check=True)
    assert (project / "a b.sql").read_text() == f"SELECT 1;\n{FIXED_INDEX.rstrip()}"


def test_what_is_allowed_is_not_fixed(project: Path) -> None:
    text = f"-- migrator: allow create-index-non-concurrent: a small table\n{INDEX}"
    (project / "a.sql").write_text(text)
    assert run(".", "--fix", cwd=project).returncode == 0
    assert (project / "a.sql").read_text() == text


def test_a_template_and_standard_input_are_not_written(project: Path) -> None:
    (project / "migrator.toml").write_text('[lint.placeholders]\nt = "users"\n')
    (project / "a.sql").write_text("CREATE INDEX i ON ${t} (a);\n")
    done = run("a.sql", "--fix", cwd=project)
    assert (done.returncode, b"not fixed, because it is a template" in done.stderr) == (1, True)
    assert "${t}" in (project / "a.sql").read_text()
    done = run("-", "--fix", cwd=project, stdin=INDEX.encode())
    assert (done.returncode, b"--fix has no file to write" in done.stderr) == (2, True)
    assert b"+" + FIXED_INDEX.encode() in run("-", "--diff", cwd=project, stdin=INDEX.encode()).stdout


GIVEN = """
CREATE TABLE plans (id int PRIMARY KEY);
CREATE TABLE users (id int PRIMARY KEY, mail text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int);
CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
"""
"""What the examples of the rules speak of."""
AND_GIVEN = {
    "add-check-not-valid": "ALTER TABLE users ADD COLUMN age int",
    "drop-index-non-concurrent": "CREATE INDEX users_mail ON users (mail)",
}


def given(rule: Rule) -> str:
    """A rule's own given, else ours."""
    return rule.section("Given") or f"{GIVEN}{AND_GIVEN.get(rule.id, '')}"


def findings(rule: Rule, text: str) -> tuple[Finding, ...]:
    past = History(None, replay(parse_sql(given(rule)).statements).settled())
    return lint([Source("e.sql", text)], 17, LintSettings(rules={rule.id: "error"}), past).findings


def with_fix() -> Iterable[Rule]:
    for rule in all_rules().values():
        text = rule.section("Bad")
        if any(
            f.claim.fix is not None for f in lint([Source("e", text)], 17, LintSettings({rule.id: "error"})).findings
        ):
            yield rule


FIXABLE = list(with_fix())


def test_some_rules_have_fixes() -> None:
    ids = {rule.id for rule in FIXABLE}
    assert {"create-index-non-concurrent", "add-fk-not-valid", "add-check-not-valid", "require-lock-timeout"} <= ids


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.id)
def test_a_fix_removes_its_finding_and_makes_no_new_one(rule: Rule) -> None:
    fixed = fix_source(Source("e.sql", rule.section("Bad")), lambda s: findings(rule, s.text))
    assert fixed.after != fixed.before
    assert fixed.titles
    assert findings(rule, fixed.after) == ()
    assert fix_source(Source("e.sql", fixed.after), lambda s: findings(rule, s.text)).titles == ()
    assert diff(fixed).startswith("--- a/e.sql\n+++ b/e.sql\n@@ -")


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.id)
def test_both_versions_end_with_the_same_schema(rule: Rule, connection: Connection) -> None:
    fixed = fix_source(Source("e.sql", rule.section("Bad")), lambda s: findings(rule, s.text))
    before, after = (schema_after(connection, given(rule), text) for text in (fixed.before, fixed.after))
    assert after == before
    assert before != schema_after(connection, given(rule), "SELECT 1")


def schema_after(connection: Connection, given: str, text: str) -> Schema:
    """Run what is given and then the text, each statement on its own, in an empty database."""
    connection.execute("RESET lock_timeout")
    connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
    connection.execute("CREATE SCHEMA public")
    for statement in (*parse_sql(given).statements, *parse_sql(text).statements):
        connection.execute(statement.text.encode())
    return read_schema(connection)
