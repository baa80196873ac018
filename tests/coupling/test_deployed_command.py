"""Which commits a contract is judged by: what `migrator deploy record` stored, what was named, or the base."""

from pathlib import Path
from typing import Any

import pytest

from migrator.pg.connection import Connection
from migrator.state.install import install
from tests import forked
from tests.coupling.checking import check, verdict
from tests.coupling.repositories import Repo, make_repo
from tests.fix_server import Database

CONTRACT = "migrations/20260901_mail/contract.sql"
USES = "def read(db):\n    return db.execute('SELECT email FROM users')\n"
CLEAN = "def read(db):\n    return db.execute('SELECT mail FROM users')\n"


@pytest.fixture
def shop_repo(repo: Repo) -> Repo:
    """A repository whose code stopped using users.email at the tag `new`, and a branch that drops the column."""
    repo.commit(
        {
            "migrations/0001_first.sql": "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n",
            "migrations/20260901_mail/expand.sql": "ALTER TABLE users ADD COLUMN mail text;\n",
            "migrations/20260901_mail/migration.toml": "[migration]\n[contract]\ncontract_by = 2099-01-01\n",
            "svc/checkout/users.py": USES,
            "svc/billing/users.py": CLEAN,
        }
    )
    repo.git("tag", "old")
    repo.commit({"svc/checkout/users.py": CLEAN})
    repo.git("tag", "new")
    repo.git("switch", "--quiet", "-c", "contract")
    repo.commit({CONTRACT: "ALTER TABLE users DROP COLUMN email;\n"})
    return repo


@pytest.fixture
def dsn(one_database: Database, one_connection: Connection) -> str:
    """A database with the schema migrator."""
    install(one_connection)
    return one_database.dsn


def deployed(shop_repo: Repo, dsn: str, service: str, version: str, ref: str | None, *more: str) -> None:
    sha = ["--sha", shop_repo.git("rev-parse", ref)] if ref else []
    command = ["deploy", "record", "--service", service, "--version", version, *sha, *more, "--dsn", dsn]
    done = forked.run(*command, folder=shop_repo.path, environment={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr


def judged(shop_repo: Repo, dsn: str, *arguments: str) -> dict[str, Any]:
    return verdict(shop_repo, "--base", "main", *arguments, MIGRATOR_DSN=dsn)


def rules(found: dict[str, Any]) -> list[str]:
    return sorted({finding["rule"] for finding in found["findings"]})


def test_every_commit_that_is_recorded_as_live_is_judged(shop_repo: Repo, dsn: str) -> None:
    """The base is clean; what runs is not, and only the database knows it."""
    deployed(shop_repo, dsn, "billing", "7", "new")
    deployed(shop_repo, dsn, "checkout", "1.4.1", "old")
    found = judged(shop_repo, dsn)
    assert (found["exit"], rules(found)) == (1, ["CPL004"])
    assert set(found["deployed"]) == {shop_repo.git("rev-parse", "old"), shop_repo.git("rev-parse", "new")}
    assert "(checkout 1.4.1) uses it" in found["findings"][0]["message"]
    told = {(d["service"], d["version"], d["origin"], d["status"]) for d in found["deployed_from"]}
    assert told == {("billing", "7", "deploy", "finished"), ("checkout", "1.4.1", "deploy", "finished")}

    deployed(shop_repo, dsn, "checkout", "1.4.2", "new")
    done = check(shop_repo, "--base", "main", MIGRATOR_DSN=dsn)
    assert done.returncode == 0, done.stdout
    short = shop_repo.git("rev-parse", "new")[:12]
    assert f"deployed: {short} (billing 7, deploy finished 20" in done.stdout
    assert f"deployed: {short} (checkout 1.4.2, deploy finished 20" in done.stdout


@pytest.mark.parametrize("status", ["started", pytest.param("failed", marks=pytest.mark.thorough)])
def test_a_rollout_that_is_not_through_may_run_on_both_sides(shop_repo: Repo, dsn: str, status: str) -> None:
    deployed(shop_repo, dsn, "checkout", "2", "new")
    assert judged(shop_repo, dsn)["exit"] == 0
    deployed(shop_repo, dsn, "checkout", "1", "old", "--status", status)
    assert rules(judged(shop_repo, dsn)) == ["CPL004"]
    deployed(shop_repo, dsn, "checkout", "3", "new")
    assert judged(shop_repo, dsn)["exit"] == 0


def test_a_heartbeat_of_an_old_version_counts_whatever_was_recorded(
    shop_repo: Repo, dsn: str, one_connection: Connection
) -> None:
    deployed(shop_repo, dsn, "checkout", "1", "old")
    deployed(shop_repo, dsn, "checkout", "2", "new")
    assert judged(shop_repo, dsn)["exit"] == 0
    one_connection.execute("SELECT migrator.heartbeat('checkout', '1', 'a')")
    found = judged(shop_repo, dsn)
    assert rules(found) == ["CPL004"]
    assert {d["origin"] for d in found["deployed_from"]} == {"deploy", "heartbeat"}
    one_connection.execute("UPDATE migrator.instance SET last_seen = clock_timestamp() - interval '6 minutes'")
    assert judged(shop_repo, dsn)["exit"] == 0
    one_connection.execute("SELECT migrator.heartbeat('reports', 'nightly', 'b')")
    assert "reports nightly runs (alive), and nobody told its commit" in " ".join(judged(shop_repo, dsn)["unknowns"])


def test_what_is_not_known_is_unknown_and_never_the_base(shop_repo: Repo, dsn: str) -> None:
    found = judged(shop_repo, dsn)
    assert (found["verdict"], found["exit"], found["deployed"]) == ("unknown", 3, [])
    assert "no record of a deploy" in " ".join(found["unknowns"])
    deployed(shop_repo, dsn, "checkout", "1", None)
    found = judged(shop_repo, dsn)
    assert (found["exit"], "nobody told its commit" in " ".join(found["unknowns"])) == (3, True)
    assert judged(shop_repo, dsn, "--deployed", "new")["exit"] == 0


@pytest.mark.parametrize("dsn_of", ["host=127.0.0.1 port=1", pytest.param("nonsense", marks=pytest.mark.thorough)])
def test_a_database_that_cannot_be_read_is_unknown(shop_repo: Repo, dsn_of: str) -> None:
    done = check(shop_repo, "--base", "main", MIGRATOR_DSN=dsn_of)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "What is deployed cannot be read from the database" in done.stdout


def test_a_database_without_our_schema_is_unknown(shop_repo: Repo, one_database: Database) -> None:
    found = judged(shop_repo, one_database.dsn)
    assert found["exit"] == 3
    assert "`migrator init`" in " ".join(found["unknowns"])


def test_without_a_database_it_is_the_base_and_the_output_says_so(shop_repo: Repo) -> None:
    done = check(shop_repo, "--base", "main")
    assert done.returncode == 0, done.stdout
    assert f"deployed: {shop_repo.git('rev-parse', 'main')[:12]} (the base: without --deployed" in done.stdout
    named = check(shop_repo, "--base", "main", "--deployed", "old")
    assert (named.returncode, "(--deployed)" in named.stdout) == (1, True)
    ranged = check(shop_repo, "--range", "old..contract")
    assert "(the deployed end of the range)" in ranged.stdout


def test_a_range_names_one_commit_and_the_database_the_others(shop_repo: Repo, dsn: str) -> None:
    deployed(shop_repo, dsn, "checkout", "1", "old")
    found = verdict(shop_repo, "--range", "main..contract", MIGRATOR_DSN=dsn)
    assert rules(found) == ["CPL004"]
    assert [d["origin"] for d in found["deployed_from"]] == ["range", "deploy"]


def test_a_change_without_a_contract_asks_no_database(shop_repo: Repo) -> None:
    shop_repo.git("switch", "--quiet", "-c", "feature", "main")
    shop_repo.commit({"svc/checkout/users.py": "x = 1\n"})
    assert judged(shop_repo, "host=127.0.0.1 port=1")["exit"] == 0


def test_code_of_another_repository_is_known_by_what_its_build_published(
    shop_repo: Repo, dsn: str, tmp_path: Path
) -> None:
    other = make_repo(tmp_path / "reports")
    commit = other.commit({"report.py": USES, "migrations/1.sql": "CREATE TABLE users (email text);\n"})
    deployed(shop_repo, dsn, "checkout", "2", "new")
    deployed(other, dsn, "reports", "9", "HEAD")
    found = judged(shop_repo, dsn)
    assert (found["exit"], f"reports 9 runs {commit}, which is not in this clone" in " ".join(found["unknowns"])) == (
        3,
        True,
    )
    publish = ["references", "publish", "--service", "reports", "--version", "9", "--dsn", dsn]
    done = forked.run(*publish, folder=other.path, environment={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    found = judged(shop_repo, dsn)
    assert (found["exit"], rules(found)) == (1, ["CPL004"])
    assert "report.py:2:31 at the deployed commit" in found["findings"][0]["message"]
    assert "(reports 9)" in found["findings"][0]["message"]


def test_in_a_monorepo_each_service_has_its_own_commit(shop_repo: Repo, dsn: str) -> None:
    """checkout's old code at the commit that only billing runs is no code that runs."""
    shop_repo.git("switch", "--quiet", "main")
    services = [
        '[[coupling.service]]\nname = "checkout"\napp = ["svc/checkout/**"]\nmigrations = ["migrations/**"]\n',
        '[[coupling.service]]\nname = "billing"\napp = ["svc/billing/**"]\nshares_db_with = ["checkout"]\n',
    ]
    shop_repo.commit({"migrator.toml": "".join(services)})
    shop_repo.git("switch", "--quiet", "contract")
    shop_repo.git("rebase", "--quiet", "main")
    deployed(shop_repo, dsn, "checkout", "2", "new")
    found = judged(shop_repo, dsn)
    assert (found["exit"], "billing works on this database" in " ".join(found["unknowns"])) == (3, True)
    deployed(shop_repo, dsn, "billing", "7", "old")
    assert judged(shop_repo, dsn)["exit"] == 0
    deployed(shop_repo, dsn, "checkout", "1", "old")
    assert rules(judged(shop_repo, dsn)) == ["CPL004"]


def test_a_range_without_its_left_end_starts_at_what_the_database_knows(shop_repo: Repo, dsn: str) -> None:
    """The oldest of what runs: a release brings everything that any service lacks."""
    found = verdict(shop_repo, "--range", "..HEAD", MIGRATOR_DSN=dsn)
    assert (found["exit"], found["scope"]) == (3, "release")
    assert "no record of a deploy" in found["unknowns"][0]
    deployed(shop_repo, dsn, "billing", "7", "new")
    found = verdict(shop_repo, "--range", "..contract", MIGRATOR_DSN=dsn)
    assert (found["exit"], found["base"]) == (0, shop_repo.git("rev-parse", "new"))
    deployed(shop_repo, dsn, "checkout", "1.4.1", "old")
    found = verdict(shop_repo, "--range", "..", MIGRATOR_DSN=dsn)
    assert (found["exit"], found["base"]) == (1, shop_repo.git("rev-parse", "old"))
    assert rules(found) == ["CPL002", "CPL004"]
    deployed(shop_repo, dsn, "other", "1", None)
    found = verdict(shop_repo, "--range", "..HEAD", MIGRATOR_DSN=dsn)
    assert found["exit"] == 3
    assert "other 1 (no commit)" in found["unknowns"][0]
    done = check(shop_repo, "--range", "..HEAD")
    assert done.returncode == 2
    assert "Give --dsn" in done.stderr
