"""What must hold at the command line too: by files of evidence, and by files that are added to real branches."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.coupling.evidence import Evidence
from tests import forked
from tests.coupling.checking import ADD, EXPAND, verdict
from tests.coupling.repositories import Repo
from tests.unit.coupling.test_properties import build, cases, changes, without_approval

FEW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CODES = {"pass": 0, "overridden": 0, "fail": 1, "unknown": 3}


def judged(evidence: Evidence) -> tuple[str, int]:
    """Return the verdict and the exit code of a file with this evidence."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "evidence.json"
        file.write_text(evidence.model_dump_json(), encoding="utf-8")
        arguments = ["coupling", "check", "--evidence", str(file), "--format", "json"]
        done = forked.run(*arguments, folder=Path(name), environment={"PATH": "/usr/bin:/bin"})
    assert done.stdout, done.stderr
    return json.loads(done.stdout)["verdict"], done.returncode


@FEW
@given(cases(), changes, st.integers(0, 9))
def test_a_file_of_evidence(case: dict[str, Any], extra: Any, gone: int) -> None:
    found, code = judged(build(case))
    assert code == CODES[found]
    if found in ("fail", "unknown"):
        assert judged(build(case, extra))[1] in {1, 3} or judged(build(case, extra))[0] == "overridden"
    if found == "fail":
        assert judged(build(case, extra)) == ("fail", 1)
        assert judged(build(without_approval(case, gone))) == ("fail", 1)


LOOSE = """[coupling]
mode = "phase-aware"
neutral = ["**"]
squash = ["**"]
sniff_ddl = false
[coupling.override]
approvers = ["@eve"]
min_approvals = 1
"""
ADDED = {
    "README.md": "hello\n",
    "tests/test_a.py": "x = 1\n",
    "db/structure.sql": "CREATE TABLE users (id int);\n",
    "migrator.toml": LOOSE,
    "pyproject.toml": '[tool.migrator.coupling]\nneutral = ["**"]\n',
    ".github/CODEOWNERS": "* @eve\n",
    ".gitattributes": "* binary -diff export-ignore linguist-generated\n",
    ".gitignore": "*\n",
    "migrations/20260901_mail/migration.toml": "[migration]\n[contract]\ncontract_by = 2099-01-01\n",
    "migrations/20260901_mail/abort.sql": "ALTER TABLE users DROP COLUMN mail;\n",
    "migrations/20260901_mail/verify.sql": "SELECT 1 WHERE false;\n",
    "migrations/R__view.sql": "CREATE VIEW email AS SELECT 1;\n",
    "migrations/20269999_again/expand.sql": "ALTER TABLE users ADD COLUMN email text;\n",
    "migrations/broken.sql": "ALTER TABEL;\n",
    "src/copy.py": "def read(db):\n    return db.execute('SELECT email FROM users')\n",
}
FAILING = {
    "coupled": {EXPAND: ADD, "src/new.py": "x = 2\n"},
    "referenced": {"migrations/20260801_x/contract.sql": "ALTER TABLE users DROP COLUMN email;\n"},
    "rewritten": {"migrations/0001_first.sql": "CREATE TABLE users (id int, email text, more text);\n"},
    "unclassified": {"sql/rest.sql": "CREATE TABLE rest (id int);\n"},
    "mixed": {EXPAND: "ALTER TABLE users DROP COLUMN email;\n"},
    "moved": {"migrations/0002_moved.py": "".join(f"line_{n} = {n}\n" for n in range(30))},
}


@pytest.fixture
def base(repo: Repo) -> Repo:
    repo.commit(
        {
            "migrations/0001_first.sql": "CREATE TABLE users (id int, email text);\n",
            "migrations/20260801_x/migration.toml": "[migration]\n[contract]\ncontract_by = 2099-01-01\n",
            "src/old.py": "def read(db):\n    return db.execute('SELECT email FROM users')\n",
            "src/moved.py": "".join(f"line_{n} = {n}\n" for n in range(30)),
        }
    )
    repo.git("switch", "--quiet", "-c", "feature")
    return repo


def fail(base: Repo, failing: str) -> str:
    if failing == "moved":
        (base.path / "src/moved.py").unlink()
    return base.commit(FAILING[failing])


@pytest.mark.parametrize("failing", ["coupled", "referenced", "moved"])
def test_no_added_files_help_a_branch(base: Repo, failing: str) -> None:
    fail(base, failing)
    assert verdict(base, "--base", "main")["exit"] == 1
    base.write(ADDED)
    base.git("add", "--force", "--all")
    base.git("commit", "--quiet", "-m", "all")
    assert verdict(base, "--base", "main")["exit"] == 1


@pytest.mark.thorough
@pytest.mark.parametrize("failing", FAILING)
def test_no_added_file_helps_a_branch(base: Repo, failing: str) -> None:
    bad = fail(base, failing)
    for name, text in ADDED.items():
        base.git("switch", "--quiet", "--detach", bad)
        base.write({name: text})
        base.git("add", "--force", name)
        base.git("commit", "--quiet", "-m", "one more")
        assert verdict(base, "--base", "main")["exit"] == 1, name
