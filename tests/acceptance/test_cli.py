"""The README's first migration, as a person at a shell does it, and the shape of every command's answer."""

import json
from typing import Any

from tests.acceptance.person import RENAME, Person

ROWS = 300


def _columns(person: Person) -> list[str]:
    return person.value(
        "SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = 'users'::regclass AND attnum > 0 AND NOT attisdropped"
    )


def test_the_first_migration_of_the_readme(dana_everywhere: Person) -> None:
    dana = dana_everywhere
    dana.make_users(ROWS)
    assert "installed" in dana.migrator("init").stdout
    assert "there already" in dana.migrator("init").stdout
    assert (dana.folder / "migrator.toml").is_file()
    made = dana.migrator(*RENAME, "--approvals", "1", "--soak", "0s").stdout
    name = dana.migration()
    assert f"migrator expand {name}" in made
    dana.migrator("lint", "migrations")
    assert "ACCESS EXCLUSIVE on public.users" in dana.migrator("plan", "users_email_to_mail").stdout

    assert f"`migrator migrate {name}`" in dana.migrator("expand", "users_email_to_mail").stdout
    assert _columns(dana) == ["id", "email", "mail"]
    assert "is now migrated" in dana.migrator("migrate", "users_email_to_mail").stdout
    assert dana.value("SELECT count(*) FROM users WHERE mail = email") == ROWS
    dana.migrator("verify", "users_email_to_mail")

    closed = dana.migrator("gate", "users_email_to_mail", exits=3).stdout
    assert "✗ approvals" in closed
    assert "migrator approve" in closed
    dana.migrator("contract", "users_email_to_mail", exits=3)
    dana.migrator("approve", "users_email_to_mail", "--reason", "old code is gone since Tuesday")
    assert "may begin" in dana.migrator("gate", "users_email_to_mail").stdout
    refused = dana.migrator("contract", "users_email_to_mail", exits=4).stderr
    assert "removes column public.users.email" in refused
    dana.migrator("contract", "users_email_to_mail", "--yes", "--plan-id", dana.plan_id("users_email_to_mail"))
    assert _columns(dana) == ["id", "mail"]
    assert "complete" in dana.migrator("status").stdout
    told = dana.migrator("history", "users_email_to_mail").stdout
    assert "dana" in told
    assert "contracting → complete" in told


def test_every_command_answers_in_json(dana: Person) -> None:
    dana.make_users(ROWS)
    assert set(dana.json("init")) == {"version_before", "version", "config"}
    assert dana.json("status")["migrations"] == []
    made = dana.json(*RENAME, "--soak", "0s")
    name = made["migration"]
    assert len(made["files"]) == 6
    assert dana.json("lint")["findings"] == []
    assert dana.json("plan", name)["migration"] == name
    assert dana.json("expand", name, "--dry-run")["migration"] == name
    expanded = dana.json("expand", name)
    assert expanded.pop("audit_tip") == dana.json("audit", "verify")["tip"]
    assert expanded == {"migration": name, "before": "pending", "state": "expanded"}
    assert dana.json("abort", name)["state"] == "aborted"
    assert dana.json("resume", name)["state"] == "aborted"
    assert dana.json("expand", name)["state"] == "expanded"
    ran = dana.json("backfill", "run", name)
    assert [(row["name"], row["state"], row["rows_done"]) for row in ran["backfills"]] == [
        ("users_mail", "verified", ROWS)
    ]
    assert dana.json("backfill", "pause", name)["paused"] == ["users_mail"]
    assert dana.json("backfill", "status")["backfills"][0]["operator_pause"] == "dana"
    assert dana.json("backfill", "resume", name)["resumed"] == ["users_mail"]
    forgotten = dana.json("backfill", "forget-replica", "old")
    assert forgotten.pop("audit_tip") == dana.json("audit", "verify")["tip"]
    assert forgotten == {"forgotten": "old"}
    assert dana.json("migrate", name)["state"] == "migrated"
    assert dana.json("verify", name)["backfills"][0]["different"] == 0
    assert _status_of(dana.json("gate", name, exits=3)["gates"], "approvals") == "closed"
    assert dana.json("contract", name, exits=3)["error"]["kind"] == "ContractShut"
    assert dana.json("approve", name, "--reason", "nobody reads email any more")["actor"] == "dana"
    assert dana.json("gate", name)["open"] is True
    plan = dana.json("plan", name, "--phase", "contract")["plan_id"]
    unconfirmed = dana.json("contract", name, exits=4)["error"]["details"]
    assert unconfirmed["plan_id"] == plan
    assert dana.json("contract", name, "--yes", "--plan-id", plan)["state"] == "complete"
    assert [row["state"] for row in dana.json("status")["migrations"]] == ["complete"]
    assert {event["migration"] for event in dana.json("history", name)["events"]} == {name}


def _status_of(gates: list[dict[str, Any]], name: str) -> str:
    return next(gate["status"] for gate in gates if gate["gate"] == name)


def test_common_options_stand_before_or_after_the_command(dana: Person) -> None:
    dana.migrator("init")
    before = dana.migrator("--format", "json", "--dsn", dana.dsn, "status", MIGRATOR_DSN="")
    after = dana.migrator("status", "--dsn", dana.dsn, "--format", "json", MIGRATOR_DSN="")
    assert json.loads(before.stdout) == json.loads(after.stdout)
    deep = dana.migrator("backfill", "status", "--format", "json", "--dsn", dana.dsn, MIGRATOR_DSN="")
    assert json.loads(deep.stdout)["backfills"] == []


def test_plan_tells_locks_sizes_and_who_is_in_the_way(dana: Person) -> None:
    dana.make_users(ROWS)
    dana.migrator("init")
    name = dana.render_rename()
    with dana.another_session("reports") as reports:
        reports.execute("SELECT count(*) FROM users")
        pid = reports.info.backend_pid
        text = dana.migrator("plan", name, "--phase", "expand").stdout
        statements = dana.json("plan", name, "--phase", "expand")["statements"]
    assert f"pid {pid} (reports" in text
    assert "blocks all reads and writes" in text
    (use,) = statements[0]["tables"]
    assert (use["table"], use["lock_level"], use["rows"]) == ("public.users", "ACCESS EXCLUSIVE", ROWS)
    assert use["bytes"] > 0
    assert str(pid) in use["blocked_now_by"][0]
    triggers = [s for s in statements if s["sql"].startswith("CREATE TRIGGER")]
    assert [s["tables"][0]["blocked_now_by"] for s in triggers] == [[], []], "a reader is not in the way of a trigger"
    assert {s["phase"] for s in dana.json("plan", name)["statements"]} == {"expand", "migrate", "contract", "abort"}


def test_plan_without_a_database_says_what_it_cannot_know(dana: Person) -> None:
    dana.make_users(ROWS)
    dana.migrator("init")
    name = dana.render_rename()
    answer = dana.migrator("plan", name, MIGRATOR_DSN="")
    assert "No database was named" in answer.stderr
    assert "ACCESS EXCLUSIVE on public.users: blocks all reads and writes" in answer.stdout


def test_dry_run_changes_nothing(dana: Person) -> None:
    dana.make_users(ROWS)
    dana.migrator("init")
    name = dana.render_rename()
    assert "ADD COLUMN mail" in dana.migrator("expand", name, "--dry-run").stdout
    assert _columns(dana) == ["id", "email"]
    assert dana.value("SELECT count(*) FROM migrator.migration") == 0


def test_quiet_tells_the_result_and_verbose_tells_more(dana: Person) -> None:
    dana.make_users(ROWS)
    dana.migrator("init")
    name = dana.render_rename()
    quiet = dana.migrator("expand", name, "-q")
    assert quiet.stderr == ""
    assert "expanded" in quiet.stdout
    normal = dana.migrator("abort", name).stderr
    assert "abort 1" in normal
    assert "state" not in normal
    assert "state expanding -> expanded" in dana.migrator("-v", "expand", name).stderr


def test_work_in_another_directory(dana: Person) -> None:
    (dana.folder / "deep" / "er").mkdir(parents=True)
    dana.migrator("-C", "deep", "init")
    assert (dana.folder / "deep" / "migrator.toml").is_file()
    (dana.folder / "deep" / "migrations").mkdir()
    assert dana.json("-C", "deep/er", "init")["config"] == str(dana.folder / "deep" / "migrator.toml")
