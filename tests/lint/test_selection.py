"""Which files are linted and by what past: folders, patterns, git, histories, baselines, settings."""

import json
import subprocess
from pathlib import Path

import pytest

from migrator.pg.connection import Connection
from tests.fix_server import Database
from tests.lint.fix_command import run

BAD, GOOD = "CREATE INDEX i ON t (a);\n", "CREATE INDEX CONCURRENTLY i ON t (a);\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def found(project: Path, *arguments: str | Path, **environment: str) -> list[tuple[str, str]]:
    done = run(*arguments, "--format", "json", cwd=project, environment=environment)
    assert done.returncode in (0, 1), done.stderr.decode()
    return [(finding["path"], finding["rule"]) for finding in json.loads(done.stdout)["findings"]]


def put(folder: Path, **texts: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.sql").write_text(text)


def test_patterns(project: Path) -> None:
    put(project / "db" / "x", a=BAD, b=GOOD)
    put(project / "other", a=BAD)
    assert found(project, "db/**/*.sql") == [("db/x/a.sql", "create-index-non-concurrent")]
    done = run("nothing/*.sql", cwd=project)
    assert (done.returncode, b"No file matches nothing/*.sql." in done.stderr) == (2, True)


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, check=True, text=True).stdout


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    """A branch that renames, changes, adds, deletes and forgets to commit; its base went on meanwhile."""
    git(tmp_path, "init", "-q")
    put(tmp_path, old=BAD, kept=BAD, renamed=BAD + "SELECT 1;\n" * 20, gone=BAD)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "base")
    git(tmp_path, "switch", "-qc", "work")
    git(tmp_path, "mv", "renamed.sql", 'größer und "neu".sql')
    git(tmp_path, "rm", "-q", "gone.sql")
    put(tmp_path / "sub", added=BAD)
    (tmp_path / "old.sql").write_text(BAD + BAD)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "work")
    put(tmp_path, new=BAD)
    git(tmp_path, "switch", "-q", "main")
    put(tmp_path, elsewhere=BAD)
    git(tmp_path, "add", "elsewhere.sql")
    git(tmp_path, "commit", "-qm", "main goes on")
    git(tmp_path, "switch", "-q", "work")
    return tmp_path


def test_changed_files(branch: Path) -> None:
    names = {path for path, _ in found(branch, "--changed", "--base", "main", LC_ALL="C.UTF-8")}
    assert names == {'größer und "neu".sql', "old.sql", "sub/added.sql", "new.sql"}
    assert {path for path, _ in found(branch, "--changed", "--base", "main", "sub")} == {"sub/added.sql"}
    assert {path for path, _ in found(branch / "sub", "--changed", "--base", "main", ".")} == {"added.sql"}


def test_nothing_changed_is_clean_and_said(branch: Path) -> None:
    git(branch, "stash", "-qu")
    done = run("--changed", "--base", "HEAD", cwd=branch)
    assert (done.returncode, b"No SQL file has changed." in done.stderr) == (0, True)


def test_the_base_comes_from_the_ci_system(branch: Path) -> None:
    names = {path for path, _ in found(branch, "--changed", CI_MERGE_REQUEST_DIFF_BASE_SHA="main", LC_ALL="C.UTF-8")}
    assert "sub/added.sql" in names
    done = run("--changed", cwd=branch, environment={"GITHUB_BASE_REF": "main"})
    assert (done.returncode, b"git knows no commit origin/main" in done.stderr) == (2, True)


def test_a_shallow_clone_is_explained(branch: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", branch.as_uri(), str(clone))
    done = run("--changed", "--base", "origin/main", cwd=clone)
    assert done.returncode == 2
    assert b"this clone is shallow" in done.stderr
    assert b"fetch-depth: 0" in done.stderr


def test_no_repository_is_explained(tmp_path: Path) -> None:
    done = run(
        "--changed", "--base", "main", cwd=tmp_path, environment={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    )
    assert (done.returncode, b"This is no git repository" in done.stderr) == (2, True)


WIDENS = "ALTER TABLE t ALTER COLUMN a TYPE varchar(20);\n"
MAKES = "CREATE TABLE t (a varchar(10));\n"


def verdicts(project: Path, *arguments: str | Path) -> list[str]:
    done = run("--effects", *arguments, cwd=project)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line)["verdict"] for line in done.stdout.splitlines()]


def test_what_the_schema_decides(project: Path) -> None:
    put(project, widens=WIDENS, makes=MAKES)
    assert verdicts(project, "widens.sql") == ["unknown"]
    assert verdicts(project, "--history", "makes.sql", "widens.sql") == ["safe"]
    assert verdicts(project, "--schema-dump", "makes.sql", "widens.sql") == ["safe"]
    (project / "migrator.toml").write_text('[lint]\nhistory = ["makes.sql"]\n')
    assert verdicts(project, "widens.sql") == ["safe"]


def test_the_folder_of_migrations_is_its_own_history(project: Path) -> None:
    put(project / "migrations" / "V2__makes", expand=MAKES)
    put(project / "migrations" / "V10__widens", expand=WIDENS, contract="ALTER TABLE t ALTER a TYPE varchar(30);")
    put(project / "migrations" / "V11__later", expand="ALTER TABLE t ALTER a TYPE varchar(25);")
    for _ in range(2):  # alone, and in a run over all
        assert verdicts(project, "migrations/V10__widens/expand.sql") == ["safe"]
        assert verdicts(project, "migrations/V10__widens/contract.sql") == ["safe"]
    assert verdicts(project, "migrations/V11__later/expand.sql") == ["unsafe"]
    assert verdicts(project, "migrations") == ["safe", "safe", "unsafe", "safe"]  # V10's contract and expand, V11, V2


def test_a_numbered_folder_that_is_asked_for_is_its_own_history(project: Path) -> None:
    put(project / "db", **{"001_makes": MAKES + "-- migrate:down\nDROP TABLE t;", "002_widens": WIDENS})
    put(project / "db", **{"001_makes.down": "DROP TABLE t;"})
    put(project / "loose", makes=MAKES, widens=WIDENS)
    assert verdicts(project, "db")[-1:] == ["safe"]
    assert verdicts(project, "loose")[-1:] == ["unknown"]


def test_a_history_that_holds_the_linted_file_ends_before_it(project: Path) -> None:
    put(project / "db", a=MAKES, b=WIDENS, c="ALTER TABLE t ALTER COLUMN a TYPE varchar(99);")
    put(project, base="CREATE TABLE u (a varchar(10));")
    assert verdicts(project, "--history", "db", "db/b.sql") == ["safe"]
    (project / "db" / "b.sql").write_text("ALTER TABLE t ALTER a TYPE varchar(9); ALTER TABLE u ALTER a TYPE text;")
    assert verdicts(project, "--history", "base.sql", "--history", "db", "db/b.sql") == ["unsafe", "safe"]


def test_baseline(project: Path) -> None:
    put(project / "db", old=BAD)
    assert run("db", "--write-baseline", "known.json", cwd=project).returncode == 0
    assert found(project, "db", "--baseline", "known.json") == []
    put(project / "db", old=f"SELECT 1;\n{BAD}", new=BAD)
    assert found(project, "db", "--baseline", "known.json") == [("db/new.sql", "create-index-non-concurrent")]
    assert found(project / "db", "old.sql", "--baseline", "../known.json") == []
    put(project / "db", old=f"{BAD}{BAD}")
    assert len(found(project, "db/old.sql", "--baseline", "known.json")) == 1
    (project / "migrator.toml").write_text('[lint]\nbaseline = "known.json"\n')
    assert len(found(project, "db/old.sql")) == 1


def test_a_baseline_tells_what_is_repaired(project: Path) -> None:
    put(project / "db", a=BAD + BAD, b=BAD)
    run("db", "--write-baseline", "known.json", cwd=project)
    put(project / "db", a=BAD, b=GOOD)
    done = run("db", "--baseline", "known.json", cwd=project)
    assert done.returncode == 0
    assert b"known.json holds 2 findings that are not there any more: --write-baseline known.json" in done.stderr
    done = run("db/b.sql", "--baseline", "known.json", cwd=project)
    assert b"holds 1 finding that is not there" in done.stderr
    run("db", "--write-baseline", "known.json", cwd=project)
    assert run("db", "--baseline", "known.json", cwd=project).stderr == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.sql", "--base", "main"], "--base has no effect without --changed."),
        (["a.sql", "-"], "Standard input was named together with files."),
        (["a.sql", "--stdin-filepath", "b.sql"], "Standard input was named together with files."),
        (["--changed", "-"], "Standard input was named together with files."),
        (["a.sql", "--output", "json=x", "--output", "sarif=./x"], "Two outputs would be written to x."),
        (["a.sql", "--output", "json=none/x"], "none/x cannot be written"),
    ],
)
def test_what_makes_no_sense_is_refused(project: Path, arguments: list[str], message: str) -> None:
    put(project, a=BAD)
    done = run(*arguments, cwd=project)
    assert (done.returncode, done.stderr.decode().startswith(f"migrator: {message}")) == (2, True), done.stderr
    assert done.stdout.startswith(b"a.sql:1:1:") is ("none/x" in arguments[-1])


def test_a_base_that_was_not_fetched(branch: Path) -> None:
    done = run("--changed", cwd=branch, environment={"GITHUB_BASE_REF": "main"})
    assert b"`git fetch origin main`, or `fetch-depth: 0` of actions/checkout" in done.stderr


@pytest.mark.parametrize("text", ["", "[]", "{", '{"findings": [1]}', '{"findings": []}', "\x00"])
def test_a_baseline_that_is_none(project: Path, text: str) -> None:
    put(project, a=GOOD)
    (project / "known.json").write_text(text)
    done = run("a.sql", "--baseline", "known.json", cwd=project)
    assert (done.returncode, b"baseline" in done.stderr, b"Traceback" in done.stderr) == (2, True, False)


SETTINGS = """
[lint]
exclude = ["db/generated/**"]
[lint.rules]
create-index-non-concurrent = "warning"
[[lint.paths]]
match = ["db/legacy/"]
rules = { create-index-non-concurrent = "off", truncate = "warning" }
"""


def test_settings_per_rule_and_per_path(project: Path) -> None:
    (project / "migrator.toml").write_text(SETTINGS)
    both = f"{BAD}TRUNCATE t;\n"
    put(project / "db" / "legacy", a=both)
    put(project / "db" / "generated", a=both)
    put(project / "db", b=both)
    data = json.loads(run("db", "--format", "json", cwd=project).stdout)
    levels = {(f["path"], f["rule"]): f["severity"] for f in data["findings"]}
    assert levels == {
        ("db/b.sql", "create-index-non-concurrent"): "warning",
        ("db/b.sql", "truncate"): "error",
        ("db/legacy/a.sql", "truncate"): "warning",
    }
    assert run("db/legacy", cwd=project).returncode == 0
    assert run("db/legacy", "--fail-on", "warning", cwd=project).returncode == 1
    assert run("db/b.sql", "--fail-on", "never", cwd=project).returncode == 0
    assert len(found(project, "db/generated/a.sql")) == 2
    assert len(found(project / "db", "legacy/a.sql")) == 1


@pytest.mark.parametrize(
    "text", ["[lint.rules]\nno-such = 'off'", "[lint.rules]\ntruncate = 'loud'", "[lint]\nrule = 1", "[[lint.paths]]"]
)
def test_settings_that_cannot_be(project: Path, text: str) -> None:
    put(project, a=GOOD)
    (project / "migrator.toml").write_text(text)
    done = run("a.sql", cwd=project)
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False)


def test_placeholders_are_filled(project: Path) -> None:
    text = (
        "{% if a %}\nALTER TABLE {{ schema }}.t DROP COLUMN ${column};\n{% endif %}\nTRUNCATE :'table', :\"table\";\n"
    )
    put(project, a=text)
    assert {rule for _, rule in found(project, "a.sql")} == {"templated-sql"}
    (project / "migrator.toml").write_text('[lint.placeholders]\nschema = "app"\ncolumn = "c"\ntable = "t"\n')
    data = json.loads(run("a.sql", "--format", "json", cwd=project).stdout)
    findings = {(f["rule"], f["line"], f["relation"]) for f in data["findings"]}
    assert ("drop-column", 2, "app.t") in findings
    assert any(rule == "templated-sql" or line == 4 for rule, line, _ in findings)


def test_the_schema_of_a_server(project: Path, one_database: Database, one_connection: Connection) -> None:
    put(project, widens=WIDENS, narrows="ALTER TABLE t ALTER COLUMN a TYPE varchar(5);")
    one_connection.execute("CREATE TABLE t (a varchar(10))")
    assert verdicts(project, "--dsn", one_database.dsn, "widens.sql") == ["safe"]
    assert verdicts(project, "--dsn", one_database.dsn, "narrows.sql") == ["unsafe"]
    done = run("widens.sql", "--dsn", "host=127.0.0.1 port=1 user=nobody connect_timeout=1", cwd=project)
    assert (done.returncode, b"Traceback" in done.stderr) == (5, False)
