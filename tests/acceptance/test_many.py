"""Many migrations, as a team that comes from another tool sees them: everything through the command line."""

import json
import os
import pty
import re
import signal

from tests.acceptance.person import Person


def _write(person: Person, name: str, text: str) -> None:
    file = person.folder / "migrations" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _states(person: Person) -> dict[str, str]:
    return {row["id"]: row["state"] for row in person.json("status")["migrations"]}


def test_a_team_comes_from_another_tool(dana_everywhere: Person) -> None:
    """An existing database, its past as a baseline, the next files run in order, views that follow, and no drift."""
    dana = dana_everywhere
    dana.psql("CREATE TABLE users (id bigint PRIMARY KEY, email text)")
    dana.migrator("init")
    _write(dana, "V1__users.sql", "CREATE TABLE users (id bigint PRIMARY KEY, email text);")
    _write(dana, "V2__age.sql", "SET lock_timeout = '5s';\nALTER TABLE public.users ADD COLUMN age int;")
    _write(dana, "V10__orders.sql", "CREATE TABLE public.orders (id bigint PRIMARY KEY);")
    _write(dana, "R__adults.sql", "CREATE OR REPLACE VIEW public.adults AS SELECT id FROM public.users WHERE age > 17;")

    assert dana.migrator("drift", exits=4).stderr.startswith("migrator: There is no snapshot")
    assert dana.json("baseline", "--up-to", "V1__users", "--reason", "in production")["baselined"] == ["V1__users"]
    pending = dana.json("expand", "--all", "--dry-run")
    assert pending == {"pending": ["V2__age", "V10__orders"], "repeatables": ["R__adults"], "removes": {}}
    done = dana.json("expand", "--all")
    assert [row["migration"] for row in done["expanded"]] == ["V2__age", "V10__orders"]
    assert {row["state"] for row in done["expanded"]} == {"complete"}
    assert done["repeatables"] == [{"name": "R__adults", "why": "new"}]
    assert dana.json("expand", "--all") == {"expanded": [], "repeatables": []}
    assert dana.migrator("expand", "--all").stdout == "Nothing was pending.\n"
    assert _states(dana) == {"V1__users": "baselined", "V2__age": "complete", "V10__orders": "complete"}

    _write(dana, "R__adults.sql", "CREATE OR REPLACE VIEW public.adults AS SELECT id FROM public.users WHERE age > 20;")
    assert "next: migrator expand --all" in dana.migrator("status").stdout
    assert dana.json("status")["repeatables"][0]["state"] == "changed"
    assert "R__adults ran: it is changed." in dana.migrator("expand", "--all").stdout
    assert dana.json("drift")["drift"] == []
    dana.psql("CREATE INDEX by_hand ON users (age)")
    (found,) = dana.json("drift", exits=1)["drift"]
    assert (found["change"], found["kind"], found["table"]) == ("added", "index", "public.users")
    assert "added    index public.users.by_hand" in dana.migrator("drift", exits=1).stdout
    assert "Recorded" in dana.migrator("drift", "--record", "--reason", "dana looked").stdout
    assert "Nothing changed outside of migrations" in dana.migrator("drift").stdout


def test_a_pipeline_stops_at_the_first_failure_and_goes_on(dana: Person) -> None:
    dana.migrator("init")
    _write(dana, "1_a.sql", "CREATE TABLE public.a (id int);")
    _write(dana, "2_b.sql", "ALTER TABLE public.nothing ADD COLUMN x int;")
    _write(dana, "3_c.sql", "CREATE TABLE public.c (id int);")
    told = dana.migrator("expand", "--all", exits=5)
    assert "Done before it: 1_a. Not done: 2_b, 3_c." in told.stderr
    assert "1_a is complete." in told.stderr
    error = dana.json("expand", "--all", exits=5)["error"]
    assert error["details"]["done"] == []
    assert error["details"]["left"] == ["2_b", "3_c"]
    assert _states(dana) == {"1_a": "complete", "2_b": "expanding", "3_c": "pending"}

    _write(dana, "2_b.sql", "ALTER TABLE public.a ADD COLUMN x int;")
    assert "migrator repair 2_b" in dana.migrator("expand", "--all", exits=4).stderr
    assert "Accepted: expand.sql of 2_b." in dana.migrator("repair", "2_b", "--reason", "reviewed in ABC-1").stdout
    assert dana.json("repair", "2_b", "--reason", "reviewed in ABC-1")["files"] == {}
    assert [row["migration"] for row in dana.json("expand", "--all")["expanded"]] == ["2_b", "3_c"]


def test_two_open_changes_of_one_table(dana: Person) -> None:
    dana.make_users(10)
    dana.migrator("init")
    name = dana.render_rename()
    dana.migrator("expand", name)
    _write(dana, "99_age/expand.sql", "ALTER TABLE public.users ADD COLUMN age int;")
    refused = dana.migrator("expand", "99_age", exits=3).stderr
    assert f"99_age works on public.users, which {name} (expanded) holds until it has ended" in refused
    plan = dana.json("plan", "99_age")
    assert plan["claimed_by_others"] == [{"table": "public.users", "migration": name, "state": "expanded"}]
    assert plan["claims"] == ["public.users"]
    assert "Cannot begin yet" in dana.migrator("plan", "99_age").stdout
    assert "holds public.users" in dana.migrator("status").stdout
    dana.migrator("abort", name)
    assert dana.json("expand", "99_age")["state"] == "complete"


def test_the_contract_runs_the_plan_that_was_looked_at(dana: Person) -> None:
    dana.make_users(10)
    dana.migrator("init")
    dana.migrator("new", "rename-column", "--table", "users", "--from", "email", "--to", "mail", "--soak", "0s")
    name = dana.migration()
    dana.migrator("expand", name)
    dana.migrator("migrate", name)
    dana.migrator("approve", name, "--reason", "old code is gone")
    plan = dana.plan_id(name)
    dana.psql("CREATE INDEX more ON users (id)")
    stale = dana.json("contract", name, "--yes", "--plan-id", plan, exits=4)["error"]
    assert stale["details"]["plan_id"] == dana.plan_id(name) != plan
    assert "Look at `migrator plan" in stale["todo"]
    shut = dana.json("contract", name, "--yes", "--plan-id", dana.plan_id(name), exits=3)["error"]
    assert "dana approved another plan and must look again" in shut["situation"]
    dana.migrator("approve", name, "--reason", "the new index goes nowhere near it")
    dana.migrator("contract", name, "--yes", exits=4)
    assert dana.json("contract", name, "--yes", "--plan-id", dana.plan_id(name))["state"] == "complete"


def test_a_person_at_a_terminal_types_the_name(dana: Person) -> None:
    dana.make_users(10)
    dana.migrator("init")
    _write(dana, "m/migration.toml", "[contract]\ncontract_by = 2099-01-01\nevidence = []\n")
    _write(dana, "m/expand.sql", "SELECT 1;")
    _write(dana, "m/contract.sql", "ALTER TABLE public.users DROP COLUMN email;")
    dana.migrator("expand", "m")
    dana.migrator("migrate", "m")
    for typed, code in (("email", 4), ("public.users.email", 0)):
        ours, theirs = pty.openpty()
        process = dana.start("contract", "m", stdin=theirs)
        os.write(ours, f"{typed}\n".encode())
        answer = dana.finish(process, code)
        os.close(ours)
        os.close(theirs)
        assert "Type public.users.email to go on" in answer.stderr
    assert _states(dana) == {"m": "complete"}


def test_history_tells_phases_with_commit_and_time(dana: Person) -> None:
    dana.make_users(10)
    dana.migrator("init")
    _write(dana, "m/migration.toml", "")
    _write(dana, "m/expand.sql", "ALTER TABLE public.users ADD COLUMN x int;")
    _write(dana, "m/abort.sql", "ALTER TABLE public.users DROP COLUMN x;")
    dana.migrator("expand", "m", CI_COMMIT_SHA="0123456789abcdef")
    dana.migrator("abort", "m", "--actor", "eve")
    lines = dana.migrator("history", "m", "--phases").stdout.splitlines()
    assert re.search(r"dana +m  expand done \(\d+\.\d s, commit 0123456789\)", lines[0])
    assert re.search(r"eve +m  abort done", lines[1])
    runs = dana.json("history")["runs"]
    assert [(run["phase"], run["outcome"], run["actor"]) for run in runs] == [
        ("expand", "done", "dana"),
        ("abort", "done", "eve"),
    ]
    assert runs[0]["seconds"] >= 0
    assert "(0123456789)" in dana.migrator("history", "m").stdout


def test_what_failed_is_in_the_history(dana: Person) -> None:
    dana.migrator("init")
    _write(dana, "m.sql", "SELECT 1/0;")
    dana.migrator("expand", "m", exits=5)
    (run,) = dana.json("history")["runs"]
    assert (run["outcome"], run["seconds"]) == ("failed", None)
    assert "division by zero" in run["detail"]


def test_overdue_contracts_fail_a_scheduled_check(dana: Person) -> None:
    dana.migrator("init")
    assert dana.migrator("overdue").stdout == "Nothing is late.\n"
    _write(dana, "m/migration.toml", "[contract]\ncontract_by = 2020-01-01\n")
    _write(dana, "m/expand.sql", "SELECT 1;")
    assert "OVERDUE" in dana.migrator("overdue", exits=1).stdout
    assert [row["id"] for row in dana.json("overdue", exits=1)["overdue"]] == ["m"]


def test_status_can_be_watched(dana: Person) -> None:
    dana.migrator("init")
    _write(dana, "m.sql", "SELECT 1;")
    process = dana.start("status", "--watch", "--every", "0.2", "--format", "json")
    assert process.stdout is not None
    documents = 0
    for line in process.stdout:
        documents += line.startswith("}")
        if documents == 2:
            break
    process.send_signal(signal.SIGINT)
    dana.finish(process, 0)


def test_wrong_usage(dana: Person) -> None:
    dana.migrator("init")
    for arguments in (["expand"], ["expand", "m", "--all"], ["drift", "--record"], ["drift", "--reason", "x"]):
        dana.migrator(*arguments, exits=2)
    assert json.loads(dana.migrator("expand", "--format", "json", exits=2).stdout)["error"]["exit_code"] == 2
