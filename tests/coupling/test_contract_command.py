"""A contract waits for code at head and where it is deployed; phase-aware expands, on real repositories."""

from typing import Any

import pytest

from tests.coupling.checking import ADD, EXPAND, verdict
from tests.coupling.repositories import Repo

CONTRACT = "migrations/20260901_mail/contract.sql"
MANIFEST = "[migration]\n[contract]\ncontract_by = 2099-01-01\n"
SCHEMA = "CREATE TABLE users (id bigint PRIMARY KEY, email text, name text);\n"


@pytest.fixture
def shop(repo: Repo) -> Repo:
    """An application whose contract is to drop users.email."""
    repo.commit(
        {
            "migrations/0001_first.sql": SCHEMA,
            EXPAND: ADD,
            "migrations/20260901_mail/migration.toml": MANIFEST,
            "src/shop/users.py": 'def read(db):\n    return db.execute("SELECT email FROM users")\n',
            "web/users.ts": "export const user = db.users.findOne({ name: 1 });\n",
        }
    )
    return repo


def contract(shop: Repo) -> None:
    shop.git("switch", "--quiet", "-c", "contract")
    shop.commit({CONTRACT: "ALTER TABLE users DROP COLUMN email;\n"})


def found(result: dict[str, Any]) -> set[tuple[str, str, int]]:
    return {(f["rule"], f["path"], f["line"]) for f in result["findings"]}


def test_a_contract_waits_for_code_at_head_and_where_it_is_deployed(shop: Repo) -> None:
    contract(shop)
    result = verdict(shop, "--base", "main")
    assert found(result) == {("CPL003", "src/shop/users.py", 2), ("CPL004", CONTRACT, 1)}
    assert "src/shop/users.py:2:31" in "".join(f["message"] for f in result["findings"])


def test_a_contract_passes_when_neither_uses_it(shop: Repo) -> None:
    shop.commit({"src/shop/users.py": 'def read(db):\n    return db.execute("SELECT mail FROM users")\n'})
    contract(shop)
    assert verdict(shop, "--base", "main")["verdict"] == "pass"
    old = verdict(shop, "--base", "main", "--deployed", "main~1", "--deployed", "main")
    assert {rule for rule, _, _ in found(old)} == {"CPL004"}


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("src/models.py", "class User(Base):\n    __tablename__ = 'users'\n    email = Column(Text)\n", 3),
        ("web/users.ts", "interface User {\n  email: string;\n}\n", 2),
        ("bi/report.sql", "SELECT 1;\nSELECT * FROM users;\n", 2),
        ("src/write.py", "x = 1\ndb.execute('INSERT INTO users VALUES (1)')\n", 2),
    ],
)
def test_who_else_may_use_it(shop: Repo, path: str, text: str, line: int) -> None:
    shop.commit({"src/shop/users.py": "", path: text})
    contract(shop)
    assert ("CPL003", path, line) in found(verdict(shop, "--base", "main"))


def test_a_person_may_vouch_for_a_use_until_a_date(shop: Repo) -> None:
    vouch = "# migrator: ref-ok users.email until={} reason=the column is read from the cache\n"
    for day, code in (("2099-01-01", 0), ("2026-01-01", 1)):
        shop.git("switch", "--quiet", "main")
        shop.commit({"src/shop/users.py": vouch.format(day) + 'x = "SELECT email FROM users"\n'})
        shop.git("switch", "--quiet", "-C", "contract")
        shop.commit({CONTRACT: "ALTER TABLE users DROP COLUMN email;\n"})
        assert verdict(shop, "--base", "main")["exit"] == code
        shop.git("switch", "--quiet", "main")


def test_phase_aware_names_the_use_of_what_expand_adds(shop: Repo) -> None:
    shop.commit({"migrator.toml": '[coupling]\nmode = "phase-aware"\n'})
    shop.git("switch", "--quiet", "-c", "feature")
    expand = "migrations/20260902_nick/expand.sql"
    shop.commit({expand: "ALTER TABLE users ADD COLUMN nick text;\n", "src/other.py": "x = 1\n"})
    assert verdict(shop, "--base", "main")["verdict"] == "pass"
    shop.commit({"src/other.py": "x = 1\ny = 'SELECT nick FROM users'\n"})
    assert ("CPL001", "src/other.py", 2) in found(verdict(shop, "--base", "main"))


@pytest.fixture
def clean(shop: Repo) -> Repo:
    """The same with one more migration, when no code uses users.email any more."""
    expand = "migrations/20250101_names/expand.sql"
    shop.commit({"src/shop/users.py": "", expand: "ALTER TABLE users ADD COLUMN nick text;\n"})
    return shop


VERIFY = "migrations/20250101_names/verify.sql"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (VERIFY, "SELECT id FROM users WHERE name IS NULL OR\n  email = '';\n", ("CPL003", VERIFY, 2)),
        ("migrations/R__active.sql", "CREATE OR REPLACE VIEW active AS SELECT * FROM users;\n", ("CPL003", "", 1)),
        (VERIFY, "SELECT * FROM users WHERE name IS NULL;\n", None),
        ("migrations/20260901_mail/verify.sql", "SELECT 1 FROM users WHERE mail <> email;\n", None),
        ("migrations/20250101_names/expand.sql", "CREATE INDEX i ON users (email);\n", None),
        ("migrations/20250101_names/migrate.sql", "UPDATE users SET name = email;\n", None),
    ],
)
def test_sql_of_other_migrations_that_runs_again(
    clean: Repo, path: str, text: str, expected: tuple[str, str, int] | None
) -> None:
    clean.commit({path: text})
    contract(clean)
    result = verdict(clean, "--base", "main")
    if expected is None:
        assert result["exit"] == 0, result["findings"]
        return
    rule, _, line = expected
    assert found(result) == {(rule, path, line)}
    assert "runs again after the contract" in result["findings"][0]["help"]
    clean.commit({path: "SELECT 1;\n"})
    assert verdict(clean, "--base", "main")["exit"] == 0


@pytest.mark.parametrize(("number", "code"), [("20250801", 0), ("20271201", 1)])
def test_a_migration_of_the_same_change_that_runs_after_the_contract(clean: Repo, number: str, code: int) -> None:
    contract(clean)
    clean.commit({f"migrations/{number}_more/migrate.sql": "UPDATE users SET name = email;\n"})
    clean.commit({f"migrations/{number}_more/expand.sql": "CREATE TABLE more (id int);\n"})
    assert verdict(clean, "--base", "main")["exit"] == code


def test_external_consumers_count_wherever_they_stand(clean: Repo) -> None:
    report = "tests/reports/monthly.sql"
    clean.commit({report: "SELECT email FROM users;\n"})
    contract(clean)
    assert verdict(clean, "--base", "main")["exit"] == 0
    clean.git("switch", "--quiet", "main")
    clean.commit({"migrator.toml": '[coupling]\nexternal_consumers = ["tests/reports/*.sql"]\n'})
    clean.git("switch", "--quiet", "contract")
    clean.git("rebase", "--quiet", "main")
    assert {(rule, path) for rule, path, _ in found(verdict(clean, "--base", "main"))} == {
        ("CPL003", report),
        ("CPL004", CONTRACT),
    }


BACKFILL = MANIFEST + '[[backfill]]\ntable = "public.users"\nset = { nick = "name" }\n'


def test_phase_aware_a_backfill_waits_for_code_on_its_table(shop: Repo) -> None:
    """The definition of a backfill stands in the manifest; a manifest alone is harmless, and so is an old backfill."""
    shop.commit({"migrator.toml": '[coupling]\nmode = "phase-aware"\n'})
    shop.git("switch", "--quiet", "-c", "feature")
    folder = "migrations/20260902_nick"
    expand = {
        f"{folder}/expand.sql": "ALTER TABLE users ADD COLUMN nick text;\n",
        f"{folder}/verify.sql": "SELECT 1;\n",
    }
    shop.commit({**expand, f"{folder}/migration.toml": MANIFEST, "src/shop/users.py": "x = 'SELECT name FROM users'\n"})
    result = verdict(shop, "--base", "main")
    assert (result["verdict"], {f["severity"] for f in result["findings"]}) == ("pass", {"notice"})
    shop.commit({f"{folder}/migration.toml": BACKFILL})
    result = verdict(shop, "--base", "main")
    assert (result["exit"], found(result)) == (1, {("CPL001", "src/shop/users.py", 1)})
    phases = {file["path"].rpartition("/")[2]: file["phase"] for file in result["files"]}
    assert phases["migration.toml"] == "migrate"
    shop.commit({"src/shop/users.py": "x = 'SELECT total FROM orders'\n"})
    assert verdict(shop, "--base", "main")["verdict"] == "pass"
    shop.commit({"src/shop/users.py": "x = 'SELECT name FROM users'\n"})
    shop.git("tag", "there")
    shop.commit(
        {
            f"{folder}/migration.toml": BACKFILL.replace("2099", "2098"),
            "src/shop/users.py": "y = 'SELECT name FROM users'\n",
        }
    )
    assert verdict(shop, "--base", "there")["verdict"] == "pass"


def test_strict_warns_of_stars_when_an_expand_adds_a_column(shop: Repo) -> None:
    shop.commit({"src/shop/all.py": "x = 'SELECT * FROM users'\n"})
    shop.git("switch", "--quiet", "-c", "feature")
    shop.commit({"migrations/20260902_nick/expand.sql": "ALTER TABLE users ADD COLUMN nick text;\n"})
    result = verdict(shop, "--base", "main")
    assert (result["exit"], found(result)) == (0, {("CPL009", "src/shop/all.py", 1)})


def test_the_columns_of_tables_are_those_of_the_head_whatever_is_checked_out(clean: Repo) -> None:
    """`total` can be of either table, which only the migrations of the branch tell."""
    tables = "CREATE TABLE orders (id bigint, total int);\nCREATE TABLE people (id bigint, total int);\n"
    clean.git("switch", "--quiet", "-c", "contract")
    clean.commit({"migrations/0002_tables.sql": tables, "src/orders.py": 'x = "SELECT total FROM people, orders"\n'})
    clean.git("tag", "there")
    clean.commit({"migrations/0003_x.sql": "ALTER TABLE orders DROP COLUMN total;\n"})
    found: list[set[tuple[str, str]]] = []
    for branch in ("contract", "main"):
        clean.git("switch", "--quiet", branch)
        result = verdict(clean, "--base", "there", "--head", "contract")
        found.append({(use["table"], use["confidence"]) for use in result["evidence"]["references"] if use["name"]})
    assert found == [{("orders", "resolved"), ("people", "resolved")}] * 2
