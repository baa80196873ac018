"""What goes wrong ends with one clear message, what to do, and the exit code of the design; never with a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.pg.driver import conninfo_to_dict, make_conninfo
from tests.acceptance.person import RENAME, Person

PASSWORD = "hunter2-is-secret"


@pytest.fixture
def expanded(dana: Person) -> Person:
    """Dana after `expand`."""
    dana.make_users(50)
    dana.migrator("init")
    dana.migrator("expand", dana.render_rename())
    return dana


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["expand", "nope"], "The migration 'nope' was not found"),
        (["--env", "prod", "status"], "There is no [env.prod]"),
        (["--dsn", "host=localhost nonsense", "status"], "The connection string cannot be read"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["expand"], "Give either the ID of one migration or --all"),
        (["migrate"], "Missing argument 'ID'"),
        (["expand", "--bogus", "x"], "No such option '--bogus'"),
        (["status", "--format", "yaml"], "'yaml' is not one of"),
        (["-C", "nowhere", "status"], "'nowhere' does not exist"),
        (["--config", "nowhere.toml", "status"], "'nowhere.toml' does not exist"),
        (["history", "--limit", "0"], "0 is not in the range"),
        (["expand", "x", "--metrics-port", "99999"], "99999 is not in the range"),
        (["new", "frobnicate"], "No such command 'frobnicate'"),
        (["new", "rename-column", "--table", "users"], "Missing option '--from'"),
        (["lint", "explain", "nope"], "There is no rule 'nope'"),
        (["demo", "--pg-version", "3"], "no PostgreSQL 3 server"),
        (["status"], "Run `migrator init` first"),
    ],
    ids=str,
)
def test_wrong_usage_exits_2(dana: Person, arguments: list[str], words: str) -> None:
    assert words in dana.migrator(*arguments, exits=2).stderr


@pytest.mark.parametrize("arguments", [["expand", "nope"], ["frobnicate"], ["expand", "--bogus"], ["expand"]])
def test_errors_are_documents_when_json_is_asked_for(dana: Person, arguments: list[str]) -> None:
    error = dana.json(*arguments, exits=2)["error"]
    assert error["exit_code"] == 2
    assert error["situation"]
    assert error["todo"]
    assert error["situation"] in dana.migrator(*arguments, exits=2).stderr


def test_an_unknown_migration_has_no_history(expanded: Person) -> None:
    assert "The migration 'nope' was not found" in expanded.migrator("history", "nope", exits=2).stderr


def test_an_unknown_key_of_the_settings_is_named(dana: Person) -> None:
    (dana.folder / "migrator.toml").write_text('[backfill]\nmax_lags = "2s"\n')
    assert "backfill.max_lags: unknown key" in dana.migrator("status", exits=2).stderr


def test_a_migration_that_cannot_be_read_exits_2(dana: Person) -> None:
    dana.make_users(1)
    dana.migrator("init")
    name = dana.render_rename()
    for file, text, words in (
        ("migration.toml", "[migration]\nownr = 'me'\n", "migration.ownr: unknown key"),
        ("migration.toml", "[migration]\nowner = 7\n", "migration.owner"),
        ("migration.toml", "[migration\n", "migration.toml cannot be read"),
        ("migration.toml", "[[backfill]]\ntable = 'users'\nset = { mail = 'email; DROP TABLE users' }\n", "set.mail"),
        ("expand.sql", "ALTER TABLE users\n  ADD COLUM mail text;\n", "expand.sql:2:"),
        ("contract.sql", "ALTER TABLE users DROP COLUMN;\n", "contract.sql:1:"),
        ("contracts.sql", "SELECT 1;\n", "contracts.sql, which is no phase"),
    ):
        path = dana.folder / "migrations" / name / file
        before = path.read_text() if path.exists() else None
        path.write_text(text)
        assert words in dana.migrator("expand", name, exits=2).stderr
        path.unlink() if before is None else path.write_text(before)
    assert dana.value("SELECT count(*) FROM migrator.migration") == 0


def test_a_contract_without_an_expand_exits_2(dana: Person) -> None:
    dana.make_users(1)
    dana.migrator("init")
    name = dana.render_rename()
    (dana.folder / "migrations" / name / "expand.sql").unlink()
    assert "no expand.sql" in dana.migrator("contract", name, exits=2).stderr


def test_a_table_that_is_not_there_exits_2(dana: Person) -> None:
    dana.migrator("init")
    assert "no table public.users" in dana.migrator(*RENAME, exits=2).stderr


def test_a_table_without_a_key_exits_2(dana: Person) -> None:
    dana.migrator("init")
    dana.psql("CREATE TABLE users (email text)")
    refused = dana.migrator(*RENAME, exits=2)
    assert "no primary key" in refused.stderr
    assert "migrator new create-index --unique" in refused.stderr
    assert "migrator new add-column --type bigserial" in refused.stderr


def test_a_key_that_is_gone_when_the_backfill_begins_exits_2(dana: Person) -> None:
    dana.migrator("init")
    dana.psql("CREATE TABLE users (id int PRIMARY KEY, email text)")
    name = dana.render_rename()
    dana.migrator("expand", name)
    dana.psql("ALTER TABLE users DROP CONSTRAINT users_pkey")
    refused = dana.migrator("migrate", name, exits=2)
    assert "no primary key" in refused.stderr
    dana.migrator("abort", name)


def test_a_phase_that_the_state_forbids_exits_4(expanded: Person) -> None:
    refused = expanded.migrator("contract", expanded.migration(), exits=4)
    assert "only a migrated one can be contracted" in refused.stderr
    assert f"migrator migrate {expanded.migration()}" in refused.stderr


def test_verify_before_expand_exits_4(dana: Person) -> None:
    dana.make_users(1)
    dana.migrator("init")
    refused = dana.migrator("verify", dana.render_rename(), exits=4)
    assert "after expand and before contract" in refused.stderr


def test_a_file_that_changed_after_it_ran_exits_4(expanded: Person) -> None:
    file = expanded.folder / "migrations" / expanded.migration() / "expand.sql"
    file.write_text(file.read_text() + "\n-- one word more\n")
    refused = expanded.migrator("migrate", expanded.migration(), exits=4)
    assert "expand.sql" in refused.stderr
    assert "changed after it was run" in refused.stderr


def test_a_lock_that_is_never_free_exits_3_and_names_who_holds_it(dana: Person) -> None:
    dana.make_users(50)
    dana.migrator("init")
    with (dana.folder / "migrator.toml").open("a") as file:
        file.write('\n[locks]\nbudget = "1s"\n')
    name = dana.render_rename()
    with dana.another_session("reports") as reports:
        reports.execute("SELECT count(*) FROM users")
        waited = dana.migrator("expand", name, exits=3)
        pid = reports.info.backend_pid
    assert "No lock" in waited.stderr
    assert f"pid {pid} (reports" in waited.stderr
    assert dana.json("resume", name)["state"] == "expanded"


def test_a_second_runner_exits_3(expanded: Person) -> None:
    with (expanded.folder / "migrator.toml").open("a") as file:
        file.write('\n[locks]\nrunner_wait = "200ms"\n')
    name = expanded.migration()
    with expanded.another_session("other runner") as other:
        other.execute("SELECT pg_advisory_lock(1835625330, hashtext(%s))", (name,))
        held = expanded.migrator("migrate", name, exits=3)
    assert "Another runner is at work" in held.stderr
    assert "other runner" in held.stderr


def test_a_server_that_is_not_there_exits_5(dana: Person) -> None:
    dead = make_conninfo(dana.dsn, port=1)
    answer = dana.migrator("status", "--dsn", dead, exits=5)
    assert "Connection refused" in answer.stderr
    assert "password=***" in answer.stderr
    unnamed = dana.migrator("status", exits=5, MIGRATOR_DSN="", PGHOST=str(dana.folder))
    assert "No database was named: give --dsn" in unnamed.stderr


def test_a_statement_that_the_server_refuses_exits_5_and_can_be_resumed(dana: Person) -> None:
    dana.make_users(50)
    dana.migrator("init")
    name = dana.render_rename()
    dana.psql("ALTER TABLE users ADD COLUMN mail text")
    refused = dana.migrator("expand", name, exits=4)
    assert "mail" in refused.stderr
    dana.psql("ALTER TABLE users DROP COLUMN mail")
    dana.migrator("resume", name)


@pytest.mark.parametrize("option", [[], ["-v"], ["--format", "json"]])
def test_a_password_is_never_printed(dana: Person, option: list[str]) -> None:
    wrong = make_conninfo(dana.dsn, password=PASSWORD)
    host = conninfo_to_dict(dana.dsn)["host"]
    url = f"postgresql://postgres:{PASSWORD}@{host}:1/x?connect_timeout=1"
    unreadable = f"postgresql://postgres:{PASSWORD} {PASSWORD}@{host}/x"
    for dsn, code in ((wrong, 5), (url, 5), (unreadable, 2)):
        for answer in (
            dana.migrator("--dsn", dsn, *option, "status", exits=code),
            _from_environment(dana, dsn, option, code),
        ):
            assert PASSWORD not in answer.stdout + answer.stderr
            assert answer.stderr


def _from_environment(dana: Person, dsn: str, option: list[str], code: int) -> "subprocess.CompletedProcess[str]":
    return (
        dana.migrator("expand", "x", *option, exits=2, MIGRATOR_DSN=dsn)
        if code == 2
        else dana.migrator("init", *option, exits=code, MIGRATOR_DSN=dsn)
    )


def test_a_secret_of_the_environment_is_named_when_it_is_missing(dana: Person) -> None:
    (dana.folder / "migrator.toml").write_text('[env.prod]\ndsn_env = "PROD_DSN"\n[env.file]\ndsn_file = "gone"\n')
    assert "PROD_DSN is not set" in dana.migrator("--env", "prod", "init", exits=2).stderr
    assert "gone cannot be read" in dana.migrator("--env", "file", "init", exits=2).stderr
    dana.migrator("--env", "prod", "init", PROD_DSN=dana.dsn, MIGRATOR_DSN="")


def test_a_metrics_file_that_cannot_be_written_is_found_before_anything_runs(expanded: Person) -> None:
    name = expanded.migration()
    answer = expanded.migrator("migrate", name, "--metrics-textfile", "nowhere/metrics.prom", exits=2)
    assert "nowhere/metrics.prom cannot be written" in answer.stderr
    assert expanded.value("SELECT state FROM migrator.migration") == "expanded"


def test_a_reader_that_leaves_is_met_with_silence(dana: Person) -> None:
    command = f"'{sys.executable}' -W error -m migrator --help | head -0; echo ${{PIPESTATUS[0]}}"
    process = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=True,
        cwd=dana.folder,
        env=dict(dana.environment) | {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
    )
    assert process.stderr == ""
    assert process.stdout.strip() in {"0", "141"}  # 0 when it was faster than head


def test_a_closed_stdout_and_stderr_change_nothing_but_the_code(expanded: Person) -> None:
    name = expanded.migration()
    process = expanded.start("migrate", name, "--format", "json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    assert process.wait(60) == 141
    assert expanded.value("SELECT state FROM migrator.migration") == "migrated"


def test_json_errors_of_a_phase_carry_the_facts(expanded: Person) -> None:
    expanded.migrator("migrate", expanded.migration())
    answer = expanded.migrator("contract", expanded.migration(), "--format", "json", exits=3)
    document = json.loads(answer.stdout)
    assert [(gate["gate"], gate["status"]) for gate in document["error"]["details"]["gates"]] == [
        ("approvals", "closed")
    ]
    assert "may not begin" in answer.stderr
