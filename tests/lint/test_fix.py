"""`--fix` and `--diff`: edits that never mix, files that keep their form, templates and tools that keep theirs."""

import subprocess
from pathlib import Path

import pytest

from migrator.lint.finding import Edit, Fix
from migrator.lint.fix import apply
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


def test_standard_input_is_not_written(project: Path) -> None:
    done = run("-", "--fix", cwd=project, stdin=INDEX.encode())
    assert (done.returncode, b"--fix has no file to write" in done.stderr) == (2, True)
    assert b"+" + FIXED_INDEX.encode() in run("-", "--diff", cwd=project, stdin=INDEX.encode()).stdout


FILLED = '[lint.placeholders]\nt = "users"\ns = "app"\n'


def test_a_template_is_fixed_around_its_placeholders(project: Path) -> None:
    (project / "migrator.toml").write_text(FILLED)
    (project / "a.sql").write_text("SELECT ${unknown};\nCREATE INDEX i ON ${ s }.${t} (a);\nCREATE INDEX j ON t (a);\n")
    done = run("a.sql", "--fix", "--output", "gcc", cwd=project)
    assert done.stdout.splitlines()[0].startswith(b"a.sql:1:1: error: The statement is a template")
    assert (project / "a.sql").read_text() == (
        "SELECT ${unknown};\nCREATE INDEX CONCURRENTLY i ON ${ s }.${t} (a);\nCREATE INDEX CONCURRENTLY j ON t (a);\n"
    )


def test_a_fix_that_would_write_a_placeholders_value_is_refused_with_the_reason(project: Path) -> None:
    (project / "migrator.toml").write_text(FILLED)
    text = "ALTER TABLE ${s}.t ADD CONSTRAINT c CHECK (a > 0);\n"
    (project / "a.sql").write_text(text)
    done = run("a.sql", "--fix", cwd=project)
    assert (done.returncode, (project / "a.sql").read_text()) == (1, text)
    assert b"a.sql:1: add-check-not-valid is not fixed: ${s} stands in the statement." in done.stderr
    assert b"--fix does it" not in done.stdout


def test_control_tags_of_a_template_stay_where_they_are(project: Path) -> None:
    (project / "a.sql").write_text("{% if x == 'a;b' %}\nCREATE INDEX i ON t (a);\n{% endif %}\n")
    assert run("a.sql", "--fix", cwd=project).returncode == 0
    assert (project / "a.sql").read_text() == f"{{% if x == 'a;b' %}}\n{FIXED_INDEX}{{% endif %}}\n"


LIQUIBASE = "--liquibase formatted sql\n--changeset a:1 runInTransaction:false\n{}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("-- migrate:up\n{}-- migrate:down\nDROP INDEX i;\n", "-- migrate:up transaction:false\n{}-- migrate:down"),
        ("-- +migrate Up\n{}", "-- +migrate Up notransaction\n{}"),
        ("--liquibase formatted sql\n--changeset a:1\n{}", LIQUIBASE),
        ("-- +goose NO TRANSACTION\n-- +goose Up\n{}", "-- +goose NO TRANSACTION\n-- +goose Up\n{}"),
    ],
)
def test_a_lonely_build_switches_its_runners_transaction_off(project: Path, before: str, after: str) -> None:
    (project / "a.sql").write_text(before.format(INDEX))
    run("a.sql", "--fix", cwd=project)
    assert (project / "a.sql").read_text().startswith(after.format(FIXED_INDEX))
    left = run("a.sql", "--output", "gcc", cwd=project).stdout
    assert b"create-index" not in left
    assert b"in-transaction" not in left


@pytest.mark.parametrize("text", ["-- migrate:up\nSELECT 1;\n{}", "-- +goose Up\n{}", "BEGIN;\n{}COMMIT;\n"])
def test_a_build_within_a_transaction_that_others_need_is_not_fixed(project: Path, text: str) -> None:
    (project / "a.sql").write_text(text.format(INDEX))
    assert run("a.sql", "--fix", cwd=project).returncode == 1
    assert (project / "a.sql").read_text() == text.format(INDEX)


@pytest.mark.parametrize("name", ["1_a.up.sql", "1_a.sql"])
def test_a_statement_that_is_sent_alone_is_not_split_into_one_transaction(project: Path, name: str) -> None:
    (project / name).write_text("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);\n")
    run(name, "--fix", cwd=project)
    is_split = "VALIDATE" in (project / name).read_text()
    assert is_split is (name == "1_a.sql")
    assert b"validate-in-same-transaction" not in run(name, "--output", "gcc", cwd=project).stdout


def test_a_timeout_is_set_below_the_mark_of_a_tool(project: Path) -> None:
    (project / "migrator.toml").write_text('[lint.rules]\nrequire-lock-timeout = "error"\n')
    (project / "a.sql").write_text("-- +goose Up\nALTER TABLE t ADD COLUMN a int;\n")
    assert run("a.sql", "--fix", cwd=project).returncode == 0
    assert (project / "a.sql").read_text() == (
        "-- +goose Up\nSET lock_timeout = '2s';\nALTER TABLE t ADD COLUMN a int;\n"
    )
