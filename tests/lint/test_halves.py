"""Files of other migration tools: both ways told apart, each judged in the transaction that its runner makes."""

import json
from pathlib import Path

import pytest

from migrator.lint.halves import halves_of, is_way_back
from migrator.lint.wrapping import Sending
from tests.lint.fix_command import run

TABLE = "CREATE TABLE t (a varchar(10));\n"
BUILD = "CREATE INDEX CONCURRENTLY i ON t (a);\n"
IN_TRANSACTION = "concurrently-in-transaction"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def found(project: Path, *names: str, **settings: str) -> list[tuple[str, int, str]]:
    done = run(*names, *settings.get("options", "").split(), "--format", "json", cwd=project)
    assert done.returncode in (0, 1), done.stderr.decode()
    findings = json.loads(done.stdout)["findings"]
    return [(finding["path"], finding["line"], finding["rule"]) for finding in findings]


def put(project: Path, name: str, text: str) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text(text)


ONE_FILE = {
    "dbmate": ("-- migrate:up\n{}", "-- migrate:down\n{}"),
    "goose": (
        "-- +goose Up\n-- +goose StatementBegin\n{}-- +goose StatementEnd\n",
        "-- +goose Down\n-- +goose StatementBegin\n{}-- +goose StatementEnd\n",
    ),
    "sql-migrate": ("-- +migrate Up\n{}", "-- +migrate Down\n{}"),
    "node-pg-migrate": ("-- Up Migration\n{}", "-- Down Migration\n{}"),
    "tern": ("{}", "---- create above / drop below ----\n{}"),
}


@pytest.mark.parametrize("tool", ONE_FILE)
def test_each_half_has_its_own_text_at_its_place(tool: str) -> None:
    up, down = (part.format(sql) for part, sql in zip(ONE_FILE[tool], ("SELECT 'über';\n", "SELECT 2;\n"), strict=True))
    forward, back = halves_of(Path("1.sql"), up + down)
    assert (forward.is_back, back.is_back) == (False, True)
    assert (forward.text[: len(up)], forward.text[len(up) :].strip()) == (up, "")
    assert (back.text[: len(up)].strip(), back.text[len(up) :]) == ("", down)
    assert forward.text.count("\n") == back.text.count("\n") == (up + down).count("\n")


@pytest.mark.parametrize("tool", ONE_FILE)
def test_a_way_back_may_undo_its_way_forward_and_nothing_else(project: Path, tool: str) -> None:
    up, down = ONE_FILE[tool]
    text = up.format("ALTER TABLE t ADD COLUMN b int;\n") + down.format(
        "ALTER TABLE t DROP COLUMN b;\nALTER TABLE t DROP COLUMN a;\n"
    )
    put(project, "1.sql", text)
    line = text[: text.index("DROP COLUMN a")].count("\n") + 1
    assert found(project, "1.sql") == [("1.sql", line, "drop-column")]


@pytest.mark.parametrize("tool", ONE_FILE)
def test_what_follows_finds_the_schema_without_the_way_back(project: Path, tool: str) -> None:
    up, down = ONE_FILE[tool]
    put(project, "db/1.sql", up.format(TABLE) + down.format("DROP TABLE t;\n"))
    put(project, "db/2.sql", up.format("ALTER TABLE t ALTER a TYPE varchar(20);\n") + down.format("SELECT 1;\n"))
    put(project, "db/3.sql", up.format("ALTER TABLE t ALTER a TYPE varchar(5);\n") + down.format("SELECT 1;\n"))
    for names in (["db"], ["db/2.sql", "db/3.sql", "--history", "db"]):
        assert {(path, rule) for path, _, rule in found(project, *names)} == {("db/3.sql", "change-column-type")}


PAIRS = [
    ("1_a.up.sql", "1_a.down.sql"),
    ("1_a/up.sql", "1_a/down.sql"),
    ("V1__a.sql", "U1__a.sql"),
    ("1_a.sql", "1_a.down.sql"),
]


@pytest.mark.parametrize(("up", "down"), PAIRS, ids=[down for _, down in PAIRS])
def test_a_file_of_the_way_back_finds_its_way_forward(project: Path, up: str, down: str) -> None:
    put(project, f"db/{up}", TABLE)
    put(project, f"db/{down}", "ALTER TABLE t ALTER a TYPE varchar(20);\nALTER TABLE t DROP COLUMN a;\nDROP TABLE t;\n")
    assert (is_way_back(Path(up)), is_way_back(Path(down))) == (False, True)
    assert found(project, "db") == found(project, f"db/{down}") == []
    (project / "db" / up).unlink()
    assert {rule for _, _, rule in found(project, f"db/{down}")} == {"change-column-type", "drop-column", "drop-table"}


WRAPPED = [
    ("1.sql", "-- migrate:up\n"),
    ("1.sql", "-- migrate:up\n{}-- migrate:down transaction:false\n"),
    ("1.sql", "-- +goose Up\n"),
    ("1.sql", "-- +migrate Up\n"),
    ("1.sql", "-- Up Migration\n"),
    ("1.sql", "{}---- create above / drop below ----\n"),
    ("1_a/up.sql", ""),
    ("V1__a.sql", "CREATE TABLE x ();\nDO $$ BEGIN NULL; END $$;\n"),
    ("1.sql", "--> statement-breakpoint\n"),
    ("1.sql", "--liquibase formatted sql\n--changeset me:1\n"),
    ("1_a.up.sql", "SELECT 1;\n"),
    ("1_a.up.sql", "SELECT 1;\nSELECT 2;\n"),
    ("20200101000000_a/migration.sql", "SELECT 1;\n"),
    ("1.sql", "-- no-transaction\nSELECT 1;\n"),
    ("1.sql", "-- migrate:up transaction:false\nSELECT 1;\n"),
]
SINGLE = [
    ("1.sql", "-- migrate:up transaction:false\n"),
    ("1.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\n"),
    ("1.sql", "-- +migrate Up notransaction\nSELECT 1;\n"),
    ("1.sql", "---- tern: disable-tx ----\n{}---- create above / drop below ----\n"),
    ("1.sql", "-- no-transaction\n"),
    ("1_a.up.sql", ""),
    ("1_a.up.sql", "BEGIN;\nSELECT 1;\nCOMMIT;\n"),
    ("20200101000000_a/migration.sql", ""),
    ("V1__a.sql", "CREATE TABLE x ();\n"),
    ("1.sql", "--liquibase formatted sql\n--changeset me:1 runInTransaction:false\nSELECT 1;\n"),
    ("1.sql", "-- +goose Up\n-- migrator: no-transaction\n"),
    ("1.sql", "SELECT 1;\n"),
]


def _filled(text: str, sql: str) -> str:
    return text.replace("{}", sql) if "{}" in text else text + sql


@pytest.mark.parametrize(("name", "text"), WRAPPED)
def test_a_tool_that_wraps_its_files(project: Path, name: str, text: str) -> None:
    sql = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > '') NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;\n"
    put(project, name, _filled(text, sql))
    assert "validate-in-same-transaction" in {rule for _, _, rule in found(project, name)}
    if not name.startswith("V"):  # Flyway leaves its transaction away for such a build
        put(project, name, _filled(text, BUILD))
        assert IN_TRANSACTION in {rule for _, _, rule in found(project, name)}


@pytest.mark.parametrize(("name", "text"), SINGLE)
def test_a_tool_that_is_told_not_to(project: Path, name: str, text: str) -> None:
    put(project, name, _filled(text, BUILD))
    assert IN_TRANSACTION not in {rule for _, _, rule in found(project, name)}


@pytest.mark.parametrize(
    ("name", "settings", "line"),
    [
        ("V1__a.sql", "V1__a.sql.conf", "executeInTransaction=false"),
        ("1_a/up.sql", "1_a/metadata.toml", "run_in_transaction = false"),
    ],
)
def test_settings_beside_a_file(project: Path, name: str, settings: str, line: str) -> None:
    put(project, name, "ALTER TABLE t ADD COLUMN b int;\n")
    for text, sending in (("other = true\n", Sending.WRAPPED), (f"other = true\n{line}\n", None)):
        put(project, settings, text)
        (half,) = halves_of(project / name, "")
        assert half.wrapping is not None
        assert (half.wrapping.sending is Sending.WRAPPED) is (sending is Sending.WRAPPED)


def test_what_the_project_says_wins_over_a_tools_habit_and_the_file_over_both(project: Path) -> None:
    put(project, "a.sql", f"-- +goose Up\n{BUILD}")
    put(project, "b.sql", f"-- +goose NO TRANSACTION\n-- +goose Up\n{BUILD}")
    assert [path for path, _, rule in found(project, ".") if rule == IN_TRANSACTION] == ["a.sql"]
    assert found(project, ".", options="--no-assume-transaction") == []
    assert [path for path, _, _ in found(project, ".", options="--assume-transaction")] == ["a.sql"]
    put(project, "migrator.toml", "[lint]\nassume_transaction = false\n")
    assert found(project, ".") == []


def test_the_help_says_how_the_tool_leaves_its_transaction_away(project: Path) -> None:
    for name, text, words in (
        ("1.sql", "-- +goose Up\n", "`-- +goose NO TRANSACTION` at the top"),
        ("1.sql", "-- migrate:up\n", "`transaction:false` behind its mark"),
        ("1_a/up.sql", "", "`run_in_transaction = false` into metadata.toml"),
        ("1_a.up.sql", "SELECT 1;\n", "several statements in one message are one transaction"),
    ):
        put(project, name, f"{text}{BUILD}")
        assert words in run(name, cwd=project).stdout.decode()


def test_a_file_with_two_ways_is_one_file_and_hides_nothing(project: Path) -> None:
    put(project, "1.sql", "-- migrate:up\nTRUNCATE t;\n-- migrate:down\nselec;\nTRUNCATE t;\n")
    assert found(project, "1.sql") == [("1.sql", 2, "truncate"), ("1.sql", 4, "syntax-error"), ("1.sql", 5, "truncate")]
    last = run("1.sql", cwd=project).stdout.splitlines()[-1]
    assert last == b"3 statements in 1 file: 2 understood, 0 opaque, 1 not readable as SQL."
    lines = run("1.sql", "--effects", cwd=project).stdout.splitlines()
    assert [json.loads(line)["line"] for line in lines] == [2, 4, 5]


def test_a_suppression_speaks_of_its_half(project: Path) -> None:
    allow = "-- migrator: allow-file truncate: a cache\n"
    put(project, "1.sql", f"-- migrate:up\n{allow}TRUNCATE t;\n-- migrate:down\nTRUNCATE t;\n")
    assert found(project, "1.sql") == [("1.sql", 5, "truncate")]
    put(project, "1.sql", f"-- migrate:up\n{allow}TRUNCATE t;\n-- migrate:down\n{allow}TRUNCATE t;\n")
    assert found(project, "1.sql") == []
