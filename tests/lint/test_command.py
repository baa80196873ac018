"""`migrator lint` as people and CI call it: exit codes, input in every form, and what it does not import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.cli import linting
from migrator.config import Settings
from tests import forked

ROOT = Path(__file__).parent.parent.parent
BAD, GOOD = "CREATE INDEX i ON t (a);\n", "CREATE INDEX CONCURRENTLY i ON t (a);\n"
_HEAVY = ("psycopg", "pydantic", "sqlglot", "rich", "tenacity", "prometheus_client", "migrator.config", "migrator.pg")


def migrator(*arguments: str | Path, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return forked.run(*map(str, arguments), folder=cwd, environment={"PYTHONPATH": str(ROOT)}, given=stdin)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of its own: no configuration file is found above it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "bad.sql").write_text(BAD)
    (tmp_path / "good.sql").write_text(GOOD)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["lint", "good.sql"], 0),
        (["lint", "bad.sql"], 1),
        (["lint", "good.sql", "bad.sql"], 1),
        (["lint", "."], 1),
        (["lint", "--format", "json", "bad.sql"], 1),
        (["lint", "missing.sql"], 2),
        (["lint", "--pg-version", "9", "good.sql"], 2),
        (["lint", "--no-such-option"], 2),
        (["lint"], 2),
        (["lint", "rules"], 0),
        (["--format", "json", "lint", "rules"], 0),
        (["lint", "explain", "truncate"], 0),
        (["lint", "explain", "no-such-rule"], 2),
        (["lint", "--help"], 0),
    ],
)
def test_exit_codes(project: Path, arguments: list[str], code: int) -> None:
    done = migrator(*arguments, cwd=project)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert (b"migrator" in done.stderr or b"Error" in done.stderr) is (code == 2)


def test_warnings_do_not_fail(project: Path) -> None:
    (project / "opaque.sql").write_text("DO $$ BEGIN EXECUTE a; END $$;")
    done = migrator("lint", "opaque.sql", cwd=project)
    assert done.returncode == 0
    assert b"warning: opaque-sql" in done.stdout
    assert b"1 statement in 1 file: 0 understood, 1 opaque, 0 not readable as SQL." in done.stdout


def test_text_shows_the_frame_the_lock_and_the_remedy(project: Path) -> None:
    lines = migrator("lint", "bad.sql", cwd=project).stdout.decode().splitlines()
    assert lines[0] == "bad.sql:1:1: error: create-index-non-concurrent"
    assert lines[1] == "  1 | CREATE INDEX i ON t (a);"
    assert lines[2].startswith("    = lock: SHARE on public.t while the index is built; blocks all writes")
    assert lines[3] == "    = verdict: unsafe (lock)"
    assert "takes SHARE on public.t" in lines[4]
    assert "CREATE INDEX CONCURRENTLY i ON t (a);" in lines[5]
    assert lines[-2:] == [
        "1 error, 0 warnings.",
        "1 statement in 1 file: 1 understood, 0 opaque, 0 not readable as SQL.",
    ]


def test_json(project: Path) -> None:
    data = json.loads(migrator("lint", ".", "--format", "json", cwd=project).stdout)
    assert {key: data[key] for key in ("schema_version", "errors", "warnings", "files", "statements")} == {
        "schema_version": 1,
        "errors": 1,
        "warnings": 0,
        "files": 2,
        "statements": 2,
    }
    (finding,) = data["findings"]
    assert list(finding) == _FIELDS.split()
    assert (finding["rule"], finding["severity"], finding["verdict"]) == (
        "create-index-non-concurrent",
        "error",
        "unsafe",
    )
    assert (finding["path"], finding["line"], finding["column"], finding["end_line"]) == ("bad.sql", 1, 1, 1)
    assert (finding["lock_level"], finding["relation"], finding["held"]) == ("SHARE", "public.t", "build")
    assert finding["blocks"] == "all writes; reads go on"


_FIELDS = """rule severity category verdict path line column end_line relation lock_level held blocks message help
    fix"""


def test_standard_input_is_known_by_the_path_given(project: Path) -> None:
    drop = b"ALTER TABLE t DROP COLUMN a"
    assert migrator("lint", "--stdin-filepath", "m/contract.sql", cwd=project, stdin=drop).returncode == 0
    done = migrator("lint", "--stdin-filepath", "m/expand.sql", cwd=project, stdin=drop)
    assert (done.returncode, done.stdout.startswith(b"m/expand.sql:1:1: error: drop-column")) == (1, True)
    assert migrator("lint", "-", cwd=project, stdin=drop).stdout.startswith(b"<stdin>:1:1:")


def test_standard_input_sees_the_files_beside_its_path(project: Path) -> None:
    (project / "expand.sql").write_text("ALTER TABLE t ADD COLUMN a int")
    drop = b"ALTER TABLE t DROP COLUMN a"
    assert migrator("lint", "--stdin-filepath", "abort.sql", cwd=project, stdin=drop).returncode == 0


def test_a_file_that_is_not_utf8_is_unreadable_and_not_clean(project: Path) -> None:
    (project / "latin.sql").write_bytes("SELECT 1;\n-- größer".encode("latin-1"))
    done = migrator("lint", ".", cwd=project)
    assert done.returncode == 2
    assert b"latin.sql is not UTF-8: byte 15 on line 2" in done.stderr


def test_a_path_named_like_a_subcommand(project: Path) -> None:
    (project / "rules").mkdir()
    (project / "rules" / "a.sql").write_text(BAD)
    assert migrator("lint", "./rules", cwd=project).returncode == 1
    assert b"create-index-non-concurrent " in migrator("lint", "rules", cwd=project).stdout


def test_without_paths_the_migrations_are_linted(project: Path) -> None:
    (project / "migrations" / "one").mkdir(parents=True)
    (project / "migrations" / "one" / "expand.sql").write_text(BAD)
    assert migrator("lint", cwd=project).stdout.startswith(b"migrations/one/expand.sql:1:1:")
    (project / "db").mkdir()
    (project / "db" / "x.sql").write_text(GOOD)
    (project / "migrator.toml").write_text('migrations = "db"\n')
    assert migrator("lint", cwd=project).returncode == 0


def test_the_server_version_comes_from_the_option_or_the_configuration(project: Path) -> None:
    assert (linting.DEFAULT_VERSION, Path(linting.DEFAULT_FOLDER)) == (Settings().pg_version, Settings().migrations)
    (project / "migrator.toml").write_text("pg_version = 99\n")
    assert migrator("lint", "good.sql", cwd=project).returncode == 2
    (project / "virtual.sql").write_text("CREATE INDEX CONCURRENTLY i ON t (a); CREATE INDEX j ON t (a);")
    (project / "migrator.toml").write_text('[lint.rules]\ncreate-index-non-concurrent = "warning"\n')
    assert migrator("lint", "--pg-version", "18", "virtual.sql", cwd=project).returncode == 0
    assert migrator("lint", "--fail-on", "warning", "virtual.sql", cwd=project).returncode == 1


def test_hidden_folders_and_files_seen_twice_are_read_at_most_once(project: Path) -> None:
    (project / ".hidden").mkdir()
    (project / ".hidden" / "x.sql").write_text(BAD)
    data = json.loads(migrator("lint", ".", "bad.sql", "--format", "json", cwd=project).stdout)
    assert (data["files"], len(data["findings"])) == (2, 1)


def test_lint_imports_no_driver_and_no_pydantic(project: Path) -> None:
    code = (
        "import sys; sys.argv = ['migrator', 'lint', 'bad.sql']\n"
        "from migrator.cli.failures import run\nfrom migrator.cli import root\n"
        "assert run(root) == 1\n"
        f"print(sorted(name for name in {_HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, check=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.stdout.decode().splitlines()[-1] == "[]"
