"""What a migration does is the same in every form that its language knows; found by rewriting pull requests."""

import pytest

from migrator.config.coupling import CouplingSection
from migrator.coupling.classify import Classifier
from migrator.coupling.evidence import FileClass, SqlFile
from migrator.coupling.frameworks import read_framework_file
from migrator.coupling.sql_files import read_sql_file

ALEMBIC = '"""x"""\nfrom alembic import op\n{}\n\ndef upgrade():\n    {}\n\n\ndef downgrade():\n    pass\n'
RAILS = "class X < ActiveRecord::Migration[7.1]\n  def up\n    {}\n  end\nend\n"
DOCTRINE = (
    "<?php\nfinal class Version2 extends AbstractMigration {{\n  public function up($s): void {{\n    {}\n  }}\n}}\n"
)
TYPEORM = "const TABLE = `users`;\nexport class X {{\n  public async up(queryRunner) {{\n    {}\n  }}\n}}\n"
FLAG = ["public.users.legacy_flag"]


def program(path: str, text: str) -> SqlFile | None:
    return read_framework_file(path, lambda _: text)


def sql(text: str) -> SqlFile:
    return read_sql_file("migrations/2.sql", lambda path: text if path == "migrations/2.sql" else None, 17)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "versions/2b_x.py",
            ALEMBIC.format("from alembic.op import drop_column", "drop_column('users', 'legacy_flag')"),
        ),
        ("versions/2b_x.py", ALEMBIC.format("", "op.execute(' '.join(['ALTER TABLE users', 'DROP legacy_flag']))")),
        ("versions/2b_x.py", ALEMBIC.format("", "op.execute(('ALTER TABLE %s ' + 'DROP legacy_flag') % 'users')")),
        ("db/migrate/2_x.rb", RAILS.format("execute %q(ALTER TABLE users DROP COLUMN legacy_flag)")),
        ("db/migrate/2_x.rb", RAILS.format('execute "ALTER TABLE users " \\\n      "DROP COLUMN legacy_flag"')),
        ("migrations/Version2.php", DOCTRINE.format("$this->addSql('ALTER TABLE ' . 'users DROP legacy_flag');")),
        (
            "migrations/Version2.php",
            DOCTRINE.format("$this->addSql('ALTER TABLE users'\n      . ' DROP legacy_flag');"),
        ),
        ("src/migrations/1-X.ts", TYPEORM.format("await queryRunner.dropColumn(TABLE, `legacy_flag`);")),
    ],
)
def test_a_program_removes_the_same(path: str, text: str) -> None:
    file = program(path, text)
    assert file is not None
    assert (file.problem, [str(item) for item in file.removes]) == ("", FLAG)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("versions/2b_x.py", ALEMBIC.format("print 'x'", "op.drop_column('users', 'legacy_flag')")),
        ("migrations/2_x.rb", RAILS.format("execute %q(ALTER TABLE `users` DROP COLUMN legacy_flag)")),
    ],
)
def test_what_cannot_be_read_never_passes(path: str, text: str) -> None:
    file = program(path, text)
    assert file is not None
    assert "it cannot be told" in file.problem


def test_a_removal_in_a_comment_is_none() -> None:
    text = TYPEORM.format("await q.addColumn('users', 'nick'); // later: ALTER TABLE users DROP COLUMN legacy_flag")
    file = program("src/migrations/1-X.ts", text)
    assert file is None or (file.problem, file.removes) == ("", ())


@pytest.mark.parametrize(
    "body",
    [
        "ALTER /* it's */ TABLE -- so\n users DROP COLUMN legacy_flag;",
        "EXECUTE 'ALTER TABLE users ' || 'DROP COLUMN legacy_flag';",
        "EXECUTE $q$ALTER TABLE users DROP COLUMN legacy_flag$q$;",
        "ALTER TABLE users ALTER COLUMN a SET DEFAULT 'x;y', DROP COLUMN legacy_flag;",
    ],
)
def test_a_block_removes_the_same(body: str) -> None:
    file = sql(f"DO $$ BEGIN {body} END $$;")
    assert (file.problem, [str(item) for item in file.removes]) == ("", FLAG)


def test_a_part_whose_table_is_elsewhere_is_a_removal_that_cannot_be_told() -> None:
    assert sql("DO $$ BEGIN EXECUTE 'ALTER TABLE ' || t || ' DROP COLUMN legacy_flag'; END $$;").problem


def test_a_function_counts_when_its_migration_calls_it() -> None:
    body = "BEGIN ALTER TABLE users DROP COLUMN legacy_flag; END"
    made = f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ {body} $$;"
    assert [str(item) for item in sql(f"{made} SELECT f();").removes] == FLAG
    assert sql(made).removes == ()


@pytest.mark.parametrize(
    "path",
    [
        "apps/api/docs/openapi.yaml",
        "services/x/docs/source/conf.py",
        "backend/releasenotes/notes/nick-1.yaml",
        "services/x/news/12.bugfix",
        "apps/api/.woodpecker/x.yml",
        "backend/config/brakeman.ignore",
        "src/main/resources/messages_de.properties",
        "app/Resources/Texts.de.resx",
    ],
)
def test_a_project_in_a_folder_has_the_same_neutral_files(path: str) -> None:
    assert Classifier(CouplingSection()).file_class(path) is FileClass.NEUTRAL


def test_code_about_documents_is_code() -> None:
    assert Classifier(CouplingSection()).file_class("app/docs/views.py") is FileClass.APP
