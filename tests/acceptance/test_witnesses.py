"""A person at a shell asks the witnesses: deploys, releases, acknowledgements, soft drop."""

import re
import subprocess
from pathlib import Path

import pytest

from migrator.pg.connection import connect
from tests.acceptance.person import RENAME, Person
from tests.fix_server import Database

_SETTINGS = """
migrations = "migrations"
[services.shop]
"""


@pytest.fixture
def person(one_database: Database, tmp_path: Path) -> Person:
    """Someone with a table, a repository with code that reads it, and a migrated rename."""
    with connect(one_database.dsn) as connection:
        connection.execute("CREATE TABLE users (id bigint PRIMARY KEY, email text, name text)")
        connection.execute("CREATE INDEX two ON users (email, name)")
    (tmp_path / "migrator.toml").write_text(_SETTINGS)
    (tmp_path / "report.py").write_text("SQL = 'SELECT email FROM users'\n")
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "code"),
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    someone = Person(tmp_path, one_database.dsn)
    someone.migrator("init")
    return someone


def migrate(person: Person, *evidence: str) -> str:
    person.migrator(*RENAME, "--contract-by", "2099-01-01", "--soak", "0ms")
    (folder,) = (person.folder / "migrations").iterdir()
    manifest = folder / "migration.toml"
    lines = manifest.read_text().splitlines()
    changed = [f"evidence = {list(evidence)}" if line.startswith("evidence") else line for line in lines]
    manifest.write_text("\n".join("approvals = 0" if line.startswith("approvals") else line for line in changed))
    person.migrator("expand", folder.name)
    person.migrator("migrate", folder.name)
    return folder.name


def test_a_release_that_reads_the_column_keeps_the_contract_shut(person: Person) -> None:
    migration = migrate(person, "releases")
    person.migrator("heartbeat", "--service", "shop", "--version", "1.0", "--instance", "pod-a", "--once")
    unknown = person.migrator("gate", migration, exits=3)
    assert "no manifest of shop 1.0" in unknown.stdout
    published = person.json("references", "publish", "--service", "shop", "--version", "1.0")
    assert published["uses"] >= 1
    closed = person.migrator("gate", migration, exits=3)
    assert "shop 1.0 uses column public.users.email at report.py:1 (exact)" in closed.stdout


def test_deploys_are_recorded_and_listed(person: Person) -> None:
    person.migrator("deploy", "record", "--service", "shop", "--version", "1.0", "--sha", "3f2a")
    person.migrator("deploy", "record", "--service", "shop", "--version", "1.1", "--status", "failed")
    listed = person.json("deploy", "list", "--service", "shop")["deploys"]
    assert [(each["version"], each["status"]) for each in listed] == [("1.1", "failed"), ("1.0", "finished")]
    assert "shop 1.0  finished" in person.migrator("deploy", "list").stdout


def test_an_index_that_would_vanish_is_acknowledged(person: Person) -> None:
    migration = migrate(person, "dependencies")
    contract = person.folder / "migrations" / migration / "contract.sql"
    kept = [part for part in contract.read_text().split(";") if "DROP INDEX" not in part]
    contract.write_text(";".join(kept))
    assert "index public.two vanishes with" in person.migrator("gate", migration, exits=3).stdout
    answer = ("gate", migration, "--acknowledge", "index public.two")
    person.migrator(*answer, exits=2)
    assert "open" in person.migrator(*answer, "--reason", "nobody asks by both any more").stdout


def test_soft_drop_on_and_off(person: Person) -> None:
    migration = migrate(person, "soft_drop")
    on = person.migrator("softdrop", "on", migration)
    assert "postgres can still use it: it is a superuser" in on.stdout
    assert re.search(r"soft drop held \d+s < 24h", person.migrator("gate", migration, exits=3).stdout)
    assert person.json("softdrop", "off", migration)["was_on"]
    assert "the soft drop ended: on request" in person.migrator("gate", migration, exits=3).stdout


def test_statements_are_recorded_or_the_reason_is_told(person: Person) -> None:
    answer = person.migrator("statements", "record", exits=1)
    assert answer.stdout.startswith("primary: has no pg_stat_statements in this database")
