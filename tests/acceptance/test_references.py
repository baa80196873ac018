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
