"""Projects as they come: folders of other tools, migrations that are programs, nobody who names a version."""

import json
from pathlib import Path

from tests.lint.fix_command import run
from tests.lint.test_selection import MAKES, WIDENS, branch, project, put, verdicts

__all__ = ["branch", "project"]


def test_a_file_finds_its_past_in_its_own_folder_whatever_lies_beside(project: Path) -> None:
    """One repeatable, callback or undo script in a folder of Flyway's made every type unknown; a single file too."""
    flyway, prisma = project / "db" / "migration", project / "prisma" / "migrations"
    put(flyway, V1__makes=MAKES, V2__widens=WIDENS, U1__makes="DROP TABLE t;")
    put(flyway, R__views="SELECT a FROM t;", afterMigrate="ANALYZE t;", seed="INSERT INTO t VALUES ('a');")
    put(prisma / "20260101_makes", migration=MAKES)
    put(prisma / "20260102_widens", migration=WIDENS)
    assert "unknown" not in verdicts(project, "db/migration")
    for single in ("db/migration/V2__widens.sql", "db/migration/V2*.sql", "prisma/migrations/20260102_widens"):
        assert verdicts(project, single) == ["safe"]


def test_changed_migrations_that_are_programs_do_not_pass_as_clean(branch: Path) -> None:
    """A pull request of Django's or Alembic's with a table lock in it was green: `No SQL file has changed.`"""
    folders = {
        "app/migrations": "class Migration(migrations.Migration): ...",
        "alembic/versions": "down_revision = None",
    }
    for folder, text in folders.items():
        (branch / folder).mkdir(parents=True)
        (branch / folder / "__init__.py").touch()
        (branch / folder / "x.py").write_text(text)
    done = run("--changed", "--base", "main", "sub", "app", "alembic", cwd=branch)
    told = done.stderr.decode()
    assert (done.returncode, "sqlmigrate APP NAME" in told, "alembic upgrade OLD:NEW --sql" in told) == (2, True, True)
    (branch / "migrator.toml").write_text('[lint]\nexclude = ["app/migrations/", "alembic/"]\n')
    done = run("--changed", "--base", "main", "app", "alembic", cwd=branch)
    assert (done.returncode, done.stderr) == (0, b"No SQL file has changed.\n")


def test_the_version_is_said_where_nobody_named_one_and_it_matters(project: Path) -> None:
    text = "ALTER TABLE t ADD COLUMN v int GENERATED ALWAYS AS (1) VIRTUAL;\nCREATE INDEX i ON t (a);\n"
    put(project, new=text)
    note = "PostgreSQL 17 is assumed here"
    helps = [finding["help"] for finding in _findings(project)]
    assert [note in text for text in helps] == [True, False]
    assert not any(note in finding["help"] for finding in _findings(project, "--pg-version", "16"))
    (project / "migrator.toml").write_text('owner = "team"\n')
    assert any(note in finding["help"] for finding in _findings(project))
    (project / "migrator.toml").write_text("pg_version = 17\n")
    assert not any(note in finding["help"] for finding in _findings(project))


def _findings(project: Path, *arguments: str) -> list[dict[str, str]]:
    done = run("new.sql", *arguments, "--format", "json", cwd=project)
    return json.loads(done.stdout)["findings"]


def test_a_project_whose_migrations_lie_elsewhere_is_told_how_to_name_them(project: Path) -> None:
    done = run(cwd=project)
    assert done.returncode == 2
    assert b"There is no folder migrations here.\n" in done.stderr
    assert b"or set `migrations` in migrator.toml" in done.stderr
