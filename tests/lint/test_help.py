"""The commands in the rules' help: each renders a migration that lints clean, for any name of a table or column."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.lint.finding import Finding
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import Source, read_sources
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from tests.lint.fix_command import ROOT

GIVEN = """
CREATE TABLE users (id int PRIMARY KEY, mail text, age int NOT NULL DEFAULT 1, born timestamp);
CREATE SCHEMA "Old Shop";
CREATE TABLE "Old Shop"."Order's" (id int PRIMARY KEY, "User Id" int);
CREATE TABLE keyless (a int, b int NOT NULL, id int PRIMARY KEY);
CREATE UNIQUE INDEX keyless_a_b ON keyless (a, b);
"""
STATEMENTS = {
    "drop-column": ["ALTER TABLE users DROP COLUMN mail", """ALTER TABLE "Old Shop"."Order's" DROP "User Id" """],
    "drop-table": ["DROP TABLE users", """DROP TABLE "Old Shop"."Order's" """],
    "rename-column": [
        "ALTER TABLE users RENAME mail TO address",
        """ALTER TABLE "Old Shop"."Order's" RENAME "User Id" TO "user's" """,
    ],
    "rename-table": ["ALTER TABLE users RENAME TO people", """ALTER TABLE "Old Shop"."Order's" RENAME TO "New" """],
    "change-column-type": [
        "ALTER TABLE users ALTER age TYPE bigint",
        """ALTER TABLE "Old Shop"."Order's" ALTER "User Id" TYPE bigint""",
        """ALTER TABLE "Old Shop"."Order's" ALTER id TYPE bigint USING id::bigint""",
    ],
    "set-not-null": [
        "ALTER TABLE users ALTER mail SET NOT NULL",
        """ALTER TABLE "Old Shop"."Order's" ALTER "User Id" SET NOT NULL""",
    ],
    "add-column-volatile-default": [
        "ALTER TABLE users ADD token uuid DEFAULT gen_random_uuid()",
        """ALTER TABLE "Old Shop"."Order's" ADD "T's" timestamptz(3) NOT NULL DEFAULT clock_timestamp() - '1 day'""",
    ],
}


def finding_of(rule: str, text: str) -> Finding:
    past = History(None, replay(parse_sql(GIVEN).statements).settled())
    (found,) = (f for f in lint([Source("db/x.sql", text)], 17, past=past).findings if f.rule == rule)
    return found


def command_of(help_: str) -> list[str]:
    """Return the words of the command at the end of a help, as a shell splits them."""
    match = re.search(r"migrator new .*", help_)
    assert match is not None, help_
    return shlex.split(match[0])[1:]


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in STATEMENTS.items() for text in texts])
def test_the_command_renders_a_migration_that_lints_clean(rule: str, text: str, tmp_path: Path) -> None:
    words = command_of(finding_of(rule, text).claim.help)
    (tmp_path / ".git").mkdir()
    (tmp_path / "migrator.toml").write_text('owner = "team"\n')
    first = tmp_path / "migrations" / "20200101_first"
    first.mkdir(parents=True)
    (first / "expand.sql").write_text(GIVEN)
    (first / "migration.toml").write_text("[contract]\ncontract_by = 2999-01-01\n")
    done = subprocess.run(
        [sys.executable, "-m", "migrator", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    (made,) = (folder for folder in (tmp_path / "migrations").iterdir() if folder != first)
    report = lint(read_sources([made]), 17, past=History(tmp_path / "migrations"))
    assert report.statements > 0
    assert [(f.rule, f.claim.message) for f in report.findings] == []


def test_a_hidden_not_null_names_each_column_that_needs_it() -> None:
    text = "ALTER TABLE keyless DROP CONSTRAINT keyless_pkey, ADD PRIMARY KEY USING INDEX keyless_a_b"
    help_ = finding_of("pk-using-index-nullable", text).claim.help
    assert help_.endswith("migrator new set-not-null --table public.keyless --column a")


def test_the_key_of_a_table_has_a_recipe_of_its_own() -> None:
    help_ = finding_of("change-column-type", "ALTER TABLE users ALTER id TYPE bigint").claim.help
    assert help_.endswith("migrator new primary-key-to-bigint --table public.users")


def test_the_zone_that_avoids_a_rewrite_is_named_and_does() -> None:
    change = "ALTER TABLE users ALTER born TYPE timestamptz"
    help_ = finding_of("change-column-type", change).claim.help
    assert help_.startswith("If the values are meant in UTC, put SET TimeZone = 'UTC'; before it")
    past = History(None, replay(parse_sql(GIVEN).statements).settled())
    assert lint([Source("x.sql", f"SET TimeZone = 'UTC'; {change}")], 17, past=past).findings == ()
