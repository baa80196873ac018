"""What removes data, at the command line: a pipeline is told how to go on, a person is asked for the name."""

import os
import pty

from tests.acceptance.person import Person


def _write(dana: Person, name: str, text: str) -> None:
    path = dana.folder / "migrations" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_pipeline_is_told_the_command_that_goes_on(dana: Person) -> None:
    dana.make_users(10)
    dana.psql("CREATE TABLE old_users (id int)")
    dana.migrator("init")
    _write(dana, "V1__notes.sql", "CREATE TABLE notes (id int); DELETE FROM notes;")
    _write(dana, "V2__old.sql", "DROP TABLE old_users;")
    assert "V2__old\n  removes table public.old_users for good" in dana.migrator("expand", "--all", "--dry-run").stdout
    assert dana.json("expand", "--all", "--dry-run")["removes"] == {"V2__old": ["table public.old_users"]}
    refused = dana.json("expand", "--all", exits=4)["error"]
    plan = refused["details"]["plan_id"]
    assert f"`migrator expand V2__old --yes --plan-id {plan}`" in refused["todo"]
    assert refused["details"]["done"] == ["V1__notes"]
    assert "nothing is another plan" in dana.migrator("expand", "--all", "--plan-id", "nothing", exits=4).stderr
    assert f"migrator expand V2__old --yes --plan-id {plan}" in dana.migrator("plan", "V2__old").stdout
    assert dana.json("plan", "V2__old")["removes_data"] == ["table public.old_users"]
    done = dana.json("expand", "--all", "--yes", "--plan-id", plan)
    assert [row["migration"] for row in done["expanded"]] == ["V2__old"]
    assert f"pending → expanding by plan {plan}" in dana.migrator("history", "V2__old").stdout


def test_a_person_types_the_name(dana: Person) -> None:
    dana.make_users(10)
    dana.migrator("init")
    _write(dana, "V1__email.sql", "ALTER TABLE public.users DROP COLUMN email;")
    for typed, code in (("email", 4), ("public.users.email", 0)):
        ours, theirs = pty.openpty()
        process = dana.start("expand", "V1__email", stdin=theirs)
        os.write(ours, f"{typed}\n".encode())
        answer = dana.finish(process, code)
        os.close(ours)
        os.close(theirs)
        asked = "The expand of V1__email removes column public.users.email for good. Type public.users.email to go on"
        assert asked in answer.stderr


def test_an_abort_says_what_it_drops(dana: Person) -> None:
    dana.make_users(10)
    dana.migrator("init")
    name = dana.render_rename()
    dana.migrator("expand", name)
    dana.psql("UPDATE users SET mail = 'new' WHERE id = 1")
    told = dana.migrator("abort", name).stderr
    assert "The abort drops column public.users.mail, which holds nothing that is not in what stays." in told
    _write(dana, "m/expand.sql", "ALTER TABLE public.users ADD COLUMN nick text;")
    _write(dana, "m/migration.toml", "")
    _write(dana, "m/abort.sql", "ALTER TABLE public.users DROP COLUMN nick;")
    dana.migrator("expand", "m")
    dana.psql("UPDATE users SET nick = 'new' WHERE id = 1")
    assert "The abort of m removes column public.users.nick for good" in dana.migrator("abort", "m", exits=4).stderr
    plan = dana.plan_id("m", "abort")
    assert dana.json("abort", "m", "--yes", "--plan-id", plan)["state"] == "aborted"
