"""`migrator references` in a real repository: code of any commit, without a database."""

from pathlib import Path

import pytest

from tests.acceptance.person import Person
from tests.coupling.repositories import Repo, make_repo


@pytest.fixture
def shop(tmp_path: Path) -> Repo:
    made = make_repo(tmp_path / "shop")
    made.commit(
        {
            "migrations/0001_first.sql": "CREATE TABLE users (id int PRIMARY KEY, email text, name text);\n",
            "src/a.py": 'x = "SELECT email FROM users"\n',
            "web/user.ts": "interface User { name: string }\n",
            "tests/test_a.py": 'x = "SELECT id FROM users"\n',
        }
    )
    return made


def test_scan_and_who(shop: Repo) -> None:
    person = Person(shop.path, "")
    scan = person.json("references", "scan")
    assert {(r["path"], r["column"], r["confidence"]) for r in scan["references"] if r["column"]} == {
        ("src/a.py", "email", "exact"),
        ("web/user.ts", "name", "token"),
    }
    assert scan["files"] == 2
    text = person.migrator("references", "scan").stdout
    assert "src/a.py:1:13: public.users.email (read, exact)" in text

    assert person.json("references", "who", "users.email", exits=1)["references"][0]["line"] == 1
    assert person.json("references", "who", "public.users.id")["references"] == []
    assert "Nobody uses users.nothing at HEAD." in person.migrator("references", "who", "users.nothing").stdout


def test_the_code_of_another_commit(shop: Repo) -> None:
    shop.commit({"src/a.py": "x = 1\n"})
    person = Person(shop.path, "")
    person.migrator("references", "who", "users.email")
    person.migrator("references", "who", "users.email", "--git", "HEAD~1", exits=1)
    person.migrator("references", "who", "users.email", "--git", "nowhere", exits=2)


USERS = "CREATE TABLE users (id int PRIMARY KEY, email text);\n"
PROGRAM = """
from alembic import op
import sqlalchemy as sa

def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer()))
    op.add_column("users", sa.Column("email", sa.Text()))

def downgrade():
    op.drop_table("users")
"""


@pytest.mark.parametrize(
    "files",
    [
        {
            "services/shop/db/migrations/0001_users.up.sql": USERS,
            "services/shop/db/migrations/0001_users.down.sql": "DROP TABLE users;",
        },
        {"db/structure.sql": USERS},
        {"alembic/versions/1a2b_users.py": PROGRAM},
        {
            "sql/V2__mail.sql": "ALTER TABLE users ADD email text;\n",
            "sql/V1__users.sql": "CREATE TABLE users (id int);\n",
        },
        {"migrations/0001.sql": USERS, "migrations/0002.sql": "this is no SQL\n"},
    ],
    ids=["down", "picture", "program", "flyway", "unreadable"],
)
def test_tables_are_known_wherever_migrations_stand(tmp_path: Path, files: dict[str, str]) -> None:
    """Names in other languages' code are compared with the tables that the coupling check's patterns find."""
    repo = make_repo(tmp_path / "shop")
    repo.commit({**files, "web/user.ts": "interface User { email: string }\n"})
    found = Person(repo.path, "").json("references", "scan")
    assert {(r["path"], r["column"]) for r in found["references"]} >= {("web/user.ts", "email")}
    assert found["tables"] == 1


def test_without_a_known_table_the_scan_is_no_answer(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "shop")
    repo.commit({"a.py": 'x = "SELECT email FROM users"\n', "user.ts": "interface User { legacyFlag: string }\n"})
    person = Person(repo.path, "")
    done = person.migrator("references", "scan", exits=3)
    assert "No table is known" in done.stderr
    assert "a.py:1:13: users.email" in done.stdout
    assert person.json("references", "who", "users.legacy_flag", exits=1)["references"][0]["path"] == "user.ts"
    assert "is users.nothing spelled right?" in person.migrator("references", "who", "users.nothing").stderr
