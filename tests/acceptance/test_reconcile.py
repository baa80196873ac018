"""`migrator reconcile` at a shell: exit codes, text and JSON, and what it asks of a person."""

from migrator.pg.connection import connect
from tests.acceptance.person import Person

EXPAND = """
CREATE TABLE public.noted (id int);
CREATE INDEX CONCURRENTLY noted_id_idx ON public.noted (id);
ALTER TABLE public.noted ADD COLUMN a int;
"""


def _expanded(dana: Person) -> None:
    folder = dana.folder / "migrations" / "m"
    folder.mkdir(parents=True)
    (folder / "expand.sql").write_text(EXPAND)
    (folder / "migrate.sql").write_text("ALTER TABLE public.noted ADD COLUMN b int;\n")
    (folder / "migration.toml").write_text("")
    dana.migrator("init")
    dana.migrator("expand", "m")


def test_nothing_to_reconcile(dana: Person) -> None:
    _expanded(dana)
    answer = dana.migrator("reconcile")
    assert answer.stdout == "The records and the catalog agree.\n"
    assert dana.json("reconcile", "m") == {"differences": [], "done": []}


def test_a_difference_is_exit_1_with_what_would_be_done(dana: Person) -> None:
    _expanded(dana)
    with connect(dana.dsn) as connection:
        connection.execute("ALTER TABLE noted DROP COLUMN a")
        connection.execute("UPDATE migrator.step SET state = 'running', backend_pid = 1 WHERE number = 2")
    (first, second) = dana.json("reconcile", "m", exits=1)["differences"]
    assert (first["subject"], first["remedy"], first["migration"]) == ("step 2 of expand", "record", "m")
    assert (second["subject"], second["remedy"]) == ("step 3 of expand", "person")
    text = dana.migrator("reconcile", exits=1).stdout
    assert "m, step 3 of expand: recorded as done, but the catalog does not show that column public.noted.a" in text
    done = dana.migrator("reconcile", "--apply", exits=1).stdout
    assert done.startswith("✓ step 2 of expand of m: record it as done\n")
    assert "a person decides: find out who changed it" in done
    assert len(dana.json("reconcile", exits=1)["differences"]) == 1


def test_what_a_person_says_is_kept(dana: Person) -> None:
    _expanded(dana)
    with connect(dana.dsn) as connection:
        connection.execute("UPDATE migrator.step SET state = 'failed' WHERE number = 2")
    say = ("reconcile", "m", "--step", "2")
    assert "--step needs --done or --not-done, and a --reason" in dana.migrator(*say, "--done", exits=2).stderr
    told = dana.json(*say, "--done", "--reason", "compared the columns by hand")
    assert told["done"] == ["step 2 of expand is recorded as done"]
    assert "step.decided" in dana.migrator("history", "m").stdout


def test_what_needs_the_id(dana: Person) -> None:
    dana.migrator("init")
    for option in (("--cancel-orphan",), ("--step", "1", "--done", "--reason", "looked at it by hand")):
        assert "are about one migration" in dana.migrator("reconcile", *option, exits=2).stderr


def test_nobody_to_cancel(dana: Person) -> None:
    _expanded(dana)
    assert dana.json("reconcile", "m", "--cancel-orphan") == {"differences": [], "done": []}


def test_the_plan_names_queries_whose_prepared_statements_would_fail(dana: Person) -> None:
    _expanded(dana)
    with connect(dana.dsn, application_name="web") as session:
        session.execute("SELECT * FROM noted")
        assert dana.json("plan", "m", "--phase", "migrate")["stale_plans"] == ["SELECT * FROM noted"]
        text = dana.migrator("plan", "m").stdout
    assert 'fail afterwards with "cached plan must not change result type":\n  SELECT * FROM noted' in text
