"""`migrator coupling check` as a person and as CI runs it, on real repositories."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from migrator.pg.connection import Connection
from migrator.state.install import install
from tests.coupling.forge_server import ForgeServer
from tests.coupling.repositories import Repo
from tests.fix_server import Database

EXPAND = "migrations/20260901_mail/expand.sql"
ADD = "ALTER TABLE users ADD COLUMN mail text;\n"
POLICY = '[coupling.override]\napprovers = ["@alice", "@bob"]\n'
_CI = (
    "GITHUB_",
    "GITLAB_",
    "CI_",
    "BITBUCKET_",
    "CHANGE_",
    "CIRCLE",
    "TF_BUILD",
    "JENKINS_URL",
    "MIGRATOR_",
    "GH_TOKEN",
)


def check(repo: Repo, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return command(repo, "check", *arguments, **environment)


def command(repo: Repo, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_CI) and name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "migrator", "coupling", *arguments],
        cwd=repo.path,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def verdict(repo: Repo, *arguments: str, **environment: str) -> dict[str, Any]:
    done = check(repo, "--format", "json", *arguments, **environment)
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    found["exit"] = done.returncode
    return found


@pytest.fixture
def feature(repo: Repo) -> Repo:
    """A branch that adds a column and uses it."""
    repo.commit({"src/app.py": "x = 1\n", "migrator.toml": POLICY})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({EXPAND: ADD, "src/app.py": "x = 'SELECT mail FROM users'\n"})
    return repo


def test_the_printed_commands_split_the_branch(feature: Repo, tmp_path: Path) -> None:
    origin = feature.clone(tmp_path / "origin.git", "--bare")
    feature.git("remote", "add", "origin", str(origin.path))
    done = check(feature, "--base", "main")
    assert done.returncode == 1
    assert "Schema and application code cannot ship in the same release." in done.stdout
    commands = [line.strip() for line in done.stdout.splitlines() if line.startswith("  git ")]
    for command in commands:
        subprocess.run(command, shell=True, check=True, cwd=feature.path, capture_output=True)  # noqa: S602 as printed
    assert verdict(feature, "--base", "main")["verdict"] == "pass"
    assert feature.git("diff", "--name-only", "main", "HEAD") == EXPAND


def test_code_alone_passes_and_tells_what_it_saw(repo: Repo) -> None:
    repo.commit({"src/app.py": "x = 1\n"})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"src/app.py": "x = 2\n"})
    found = verdict(repo, "--base", "main")
    assert (found["verdict"], found["exit"], found["schema_version"]) == ("pass", 0, 1)
    assert found["files"] == [
        {"path": "src/app.py", "status": "modified", "old_path": None, "class": "app", "phase": None}
    ]
    assert {"scope", "base", "head", "merge_base", "findings", "override", "evidence"} <= found.keys()


def test_the_evidence_repeats_the_verdict_anywhere(feature: Repo, tmp_path: Path) -> None:
    first = verdict(feature, "--base", "main")
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(first["evidence"]))
    empty = Repo(tmp_path / "empty")
    empty.path.mkdir()
    again = verdict(empty, "--evidence", str(file))
    assert again == first


def test_two_clean_pull_requests_in_one_release(feature: Repo) -> None:
    feature.git("switch", "--quiet", "-c", "release", "main")
    feature.commit({EXPAND: ADD})
    assert verdict(feature, "--base", "main")["verdict"] == "pass"
    feature.commit({"src/app.py": "x = 2\n"})
    assert verdict(feature, "--base", "HEAD~1")["verdict"] == "pass"
    found = verdict(feature, "--range", "main..HEAD")
    assert (found["scope"], found["exit"]) == ("release", 1)
    assert {finding["rule"] for finding in found["findings"]} == {"CPL002"}


def test_a_shallow_clone_is_unknown_with_the_fix_of_its_ci(feature: Repo, tmp_path: Path) -> None:
    shallow = feature.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch")
    event = tmp_path / "event.json"
    pull = {
        "number": 7,
        "base": {"sha": feature.git("rev-parse", "main")},
        "head": {"sha": feature.git("rev-parse", "feature")},
    }
    event.write_text(json.dumps({"pull_request": pull}))
    done = check(shallow, GITHUB_ACTIONS="true", GITHUB_EVENT_PATH=str(event))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "fetch-depth: 0" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--base", "nowhere"],
        ["--range", "main"],
        ["--range", "main..feature", "--base", "main"],
        ["--evidence", "migrator.toml"],
        ["--evidence", "none.json"],
        ["--evidence", "x", "--base", "main"],
        ["--base", "main", "--output", "nothing"],
    ],
)
def test_wrong_input(feature: Repo, arguments: list[str]) -> None:
    done = check(feature, *arguments)
    assert done.returncode == 2, done.stdout
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_outside_of_a_repository(tmp_path: Path) -> None:
    done = check(Repo(tmp_path), "--base", "main")
    assert (done.returncode, "not a git repository" in done.stderr) == (2, True)


def test_the_policy_of_the_base_judges(feature: Repo) -> None:
    loose = POLICY + '[coupling]\nneutral = ["src/**"]\n'
    feature.commit({"migrator.toml": loose})
    found = verdict(feature, "--base", "main")
    assert sorted({finding["rule"] for finding in found["findings"]}) == ["CPL001", "CPL011"]


def test_a_base_whose_policy_cannot_be_read_is_unknown(repo: Repo) -> None:
    repo.commit({"migrator.toml": "[coupling]\nmode = 'whatever'\n"})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"migrator.toml": "[coupling]\n", EXPAND: ADD})
    done = check(repo, "--base", "main")
    assert done.returncode == 3
    assert "The configuration at the base" in done.stdout
    assert "mode: Input should be 'strict' or 'phase-aware'" in done.stdout


def test_a_rename_of_code_into_the_migrations(repo: Repo) -> None:
    text = "".join(f"SELECT {number};\n" for number in range(40))
    repo.commit({"src/report.sql": text})
    repo.git("switch", "--quiet", "-c", "feature")
    (repo.path / "migrations").mkdir()
    repo.git("mv", "src/report.sql", "migrations/0001_report.sql")
    repo.commit()
    found = verdict(repo, "--base", "main")
    assert {file["path"] for file in found["files"]} == {"src/report.sql", "migrations/0001_report.sql"}
    assert found["exit"] == 1


@pytest.mark.parametrize("name", ["src/größe.py", 'src/quo"te.py', "src/two words.py"])
def test_odd_names(repo: Repo, name: str) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({EXPAND: ADD, name: "x = 1\n"})
    found = verdict(repo, "--base", "main")
    assert [finding["path"] for finding in found["findings"]] == [name]


def test_ddl_outside_of_the_migrations(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"rust/store/0001.sql": "SELECT 1;\nCREATE TABLE a (id int);\n"})
    (finding,) = verdict(repo, "--base", "main")["findings"]
    assert (finding["rule"], finding["line"]) == ("CPL005", 2)


def test_an_applied_migration_is_edited(repo: Repo) -> None:
    repo.commit({"db/migrate/0001_a.sql": ADD})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"db/migrate/0001_a.sql": ADD.replace("mail", "email")})
    (finding,) = verdict(repo, "--base", "main")["findings"]
    assert finding["rule"] == "CPL006"


def pull_request(feature: Repo, folder: Path, server: ForgeServer, **answers: Any) -> dict[str, str]:
    """Return the environment of a GitHub job, and let the server answer for its pull request."""
    head = feature.git("rev-parse", "HEAD")
    body = "Reason: checkout is down, both halves are needed\nPostmortem: INC-42"
    reviews = [
        {"user": {"login": user, "type": "User"}, "state": "APPROVED", "commit_id": head}
        | {"submitted_at": "2026-11-21T10:00:00Z"}
        for user in ("alice", "bob")
    ]
    pull = {"user": {"login": "eve"}, "labels": [{"name": "allow-coupled-migration"}], "body": body}
    server.answers = {
        "GET /repos/org/shop/pulls/7": pull,
        "GET /repos/org/shop/pulls/7/reviews": reviews,
        "GET /repos/org/shop/pulls/7/commits": [],
        "GET /repos/org/shop/issues/7/comments": [],
        "POST /repos/org/shop/issues/7/comments": (201, {}),
        **answers,
    }
    payload = {"number": 7, "base": {"sha": feature.git("rev-parse", "main")}, "head": {"sha": head}}
    (folder / "event.json").write_text(json.dumps({"pull_request": payload}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "org/shop",
        "GITHUB_API_URL": server.url,
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_TOKEN": "secret-token",
    }


def test_an_override_stays_visible(feature: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test: the forge's answers are served locally."""
    environment = pull_request(feature, tmp_path, forge)
    done = check(feature, "--comment", "--output", f"sarif={tmp_path / 'x.sarif'}", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::warning title=coupling overridden::" in done.stdout
    assert "INC-42" in done.stdout
    assert "secret-token" not in done.stdout + done.stderr
    assert "**Override.**" in (tmp_path / "summary.md").read_text()
    results = json.loads((tmp_path / "x.sarif").read_text())["runs"][0]["results"]
    assert {result["suppressions"][0]["status"] for result in results} == {"accepted"}
    (comment,) = forge.asked("POST /repos/org/shop/issues/7/comments")
    assert comment["body"].startswith("<!-- migrator:coupling -->\n## Schema and code: overridden")


def test_an_override_that_lacks_an_approval(feature: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test: the forge's answers are served locally."""
    environment = pull_request(feature, tmp_path, forge, **{"GET /repos/org/shop/pulls/7/reviews": []})
    found = verdict(feature, **environment)
    assert found["exit"] == 1
    assert found["override"]["missing"][0].endswith("can be given by @alice, @bob")


def test_a_forge_that_does_not_answer_never_overrides(feature: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test: the forge's answers are served locally."""
    environment = pull_request(feature, tmp_path, forge, **{"GET /repos/org/shop/pulls/7/reviews": (403, {})})
    found = verdict(feature, **environment)
    assert (found["exit"], found["verdict"]) == (1, "fail")


def test_a_clean_change_asks_the_forge_nothing(repo: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({EXPAND: ADD})
    environment = pull_request(repo, tmp_path, forge)
    assert verdict(repo, **environment)["exit"] == 0
    assert forge.seen == []


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


def test_the_ledger_remembers_and_blocks(
    feature: Repo, tmp_path: Path, forge: ForgeServer, one_database: Database, one_connection: Connection
) -> None:
    """Contract test of the forge; the ledger is a real database."""
    install(one_connection)
    environment = {**pull_request(feature, tmp_path, forge), "MIGRATOR_DSN": one_database.dsn}
    for _ in range(2):
        assert verdict(feature, **environment)["verdict"] == "overridden"
    rows = one_connection.execute("SELECT id, postmortem, approvers FROM migrator.commitment").fetchall()
    head = feature.git("rev-parse", "HEAD")
    assert rows == [{"id": f"org/shop#7@{head[:12]}", "postmortem": "INC-42", "approvers": ["alice", "bob"]}]
    audited = one_connection.execute("SELECT count(*) AS n FROM migrator.audit WHERE action = 'override.accepted'")
    assert audited.fetchone() == {"n": 1}

    one_connection.execute("UPDATE migrator.commitment SET due = due - interval '3 days'")
    missing = verdict(feature, **environment)["override"]["missing"]
    assert len(missing) == 1
    assert "INC-42" in missing[0]
    assert command(feature, "commitments", "--overdue", **environment).returncode == 1

    closing = command(feature, "close", rows[0]["id"], "--note", "written, see INC-42", **environment)
    assert closing.returncode == 0, closing.stderr
    assert command(feature, "commitments", "--overdue", **environment).returncode == 0
    assert command(feature, "close", rows[0]["id"], "--note", "written, see INC-42", **environment).returncode == 2
    assert verdict(feature, **environment)["verdict"] == "overridden"


def test_a_ledger_that_cannot_be_read_blocks(feature: Repo, tmp_path: Path, forge: ForgeServer) -> None:
    """Contract test: the forge's answers are served locally."""
    environment = {**pull_request(feature, tmp_path, forge), "MIGRATOR_DSN": "host=127.0.0.1 port=1"}
    result = verdict(feature, **environment)
    assert result["verdict"] == "fail"
    assert "the ledger of earlier overrides" in result["override"]["missing"][0]
