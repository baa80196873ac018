"""What a check loads: most pull requests have no migration, and every one of them waits for the check."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.coupling.checking import ADD, EXPAND
from tests.coupling.repositories import Repo

ROOT = Path(__file__).parents[2]
CODE = """
import sys
from migrator.cli import main
sys.argv = ["migrator", "coupling", "check", "--base", "main"]
try:
    main()
except SystemExit as exc:
    print(exc.code or 0, *{name.partition(".")[0] for name in sys.modules})
"""
PARSERS = {"postgast", "sqlglot"}
HEAVY = {"psycopg", "httpx", "postgast", "sqlglot", "rich", "prometheus_client", "tenacity"}


@pytest.mark.parametrize(
    ("files", "code", "allowed"),
    [
        pytest.param({"src/a.py": "x = 'SELECT 1'\n"}, 0, set[str](), id="code"),
        pytest.param({EXPAND: ADD, "src/a.py": "x = 1\n"}, 1, PARSERS, id="both", marks=pytest.mark.thorough),
        pytest.param({"migrations/2.sql": "ALTER TABLE users DROP COLUMN a;\n"}, 0, PARSERS, id="contract"),
    ],
)
def test_a_check_without_a_database_loads_no_driver(
    repo: Repo, files: dict[str, str], code: int, allowed: set[str]
) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit(files)
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    environment = {**clean, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=repo.path, env=environment, capture_output=True, text=True, check=True
    )
    number, *loaded = done.stdout.splitlines()[-1].split()
    assert int(number) == code, done.stdout
    assert HEAVY & set(loaded) <= allowed
