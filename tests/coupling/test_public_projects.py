"""Pull requests in the shapes that public projects have: what their maintainers would say is what the check says."""

import pytest

from tests.coupling.checking import verdict
from tests.coupling.repositories import Repo

Files = dict[str, str]

MIGRATIONS = "accounts/migrations/"
MODEL = (
    "from django.db import models\nclass UserProfile(models.Model):\n"
    "    legacy_flag = models.BooleanField()\n    name = models.TextField()\n"
)
WITHOUT = MODEL.replace("    legacy_flag = models.BooleanField()\n", "")


def django(operations: str, *, replaces: str = "") -> str:
    return (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = []\n{replaces}    operations = [{operations}]\n"
    )


def rails(body: str) -> str:
    return f"class X < ActiveRecord::Migration[7.0]\n  def change\n    {body}\n  end\nend\n"


ADD = django('migrations.AddField("userprofile", "nick", models.TextField(null=True))')
DROP = django('migrations.RemoveField("userprofile", "legacy_flag")')
REPLACES = '    replaces = [("accounts", "0001_a"), ("accounts", "0002_b")]\n'
SQUASHED = django('migrations.CreateModel("A", []), migrations.DeleteModel("B")', replaces=REPLACES)
DJANGO: Files = {f"{MIGRATIONS}0001_a.py": django(""), "accounts/models.py": MODEL, "accounts/views.py": "x = 1\n"}
CLEAN = {**DJANGO, "accounts/models.py": WITHOUT}
USED = {
    **CLEAN,
    "shop/tasks.py": "from accounts.models import UserProfile\nUserProfile.objects.filter(legacy_flag=1)\n",
}
OLD = django('migrations.AddField("userprofile", "a", models.TextField("x"))')
RAILS: Files = {"db/schema.rb": "1\n", "app/models/user.rb": "class User < ApplicationRecord\nend\n"}
IGNORING = "class User < ApplicationRecord\n  self.ignored_columns += %w[legacy_flag]\nend\n"
DROP_RAILS = rails("safety_assured { remove_column :users, :legacy_flag }")
SET = '<changeSet id="{0}" author="a"><addColumn tableName="u"><column name="c{0}"/></addColumn></changeSet>\n'
LOG = f"<databaseChangeLog>\n{SET.format(1)}</databaseChangeLog>\n"
KNEX_DROP = (
    "exports.up = (knex) => knex.schema.alterTable('users', (t) => { t.dropColumn('legacy_flag'); });\n"
    "exports.down = (knex) => knex.schema.alterTable('users', (t) => { t.boolean('legacy_flag'); });\n"
)
PRISMA = "model User {\n  id Int @id\n  legacyFlag Boolean\n}\n"
PRISMA_DROP = 'ALTER TABLE "User" DROP COLUMN "legacyFlag";\n'
GOOSE = "-- +goose Up\nALTER TABLE u ADD n text;\n-- +goose Down\nALTER TABLE u DROP COLUMN n;\n"

CASES: dict[str, tuple[Files, Files, set[str]]] = {
    "makemigrations": (DJANGO, {f"{MIGRATIONS}0002.py": ADD, "accounts/models.py": MODEL + "    n = 1\n"}, {"CPL001"}),
    "migration alone": (DJANGO, {f"{MIGRATIONS}0002.py": ADD, "accounts/tests/test_a.py": "x\n"}, set()),
    "list of the migrations": (
        {**DJANGO, "migrations_lockfile.txt": "1\n", f"{MIGRATIONS}max_migration.txt": "1\n"},
        {f"{MIGRATIONS}0002.py": ADD, "migrations_lockfile.txt": "2\n", f"{MIGRATIONS}max_migration.txt": "2\n"},
        set(),
    ),
    "field removed while mapped": (DJANGO, {f"{MIGRATIONS}0002.py": DROP}, {"CPL003", "CPL004"}),
    "field removed while the table has another name": (
        {**DJANGO, "accounts/models.py": MODEL + '    class Meta:\n        db_table = "p"\n'},
        {f"{MIGRATIONS}0002.py": DROP},
        {"CPL003", "CPL004"},
    ),
    "field removed while a lookup is left": (USED, {f"{MIGRATIONS}0002.py": DROP}, {"CPL003", "CPL004"}),
    "field removed and unused": (CLEAN, {f"{MIGRATIONS}0002.py": DROP}, set()),
    "squashed": (DJANGO, {f"{MIGRATIONS}0001_squashed.py": SQUASHED}, set()),
    "squashed ones deleted": (
        {**DJANGO, f"{MIGRATIONS}0002_b.py": OLD, f"{MIGRATIONS}0001_squashed.py": SQUASHED},
        {
            f"{MIGRATIONS}0001_a.py": "",
            f"{MIGRATIONS}0002_b.py": "",
            f"{MIGRATIONS}0001_squashed.py": SQUASHED.replace(REPLACES, ""),
        },
        set(),
    ),
    "deleted": ({**DJANGO, f"{MIGRATIONS}0002_b.py": OLD}, {f"{MIGRATIONS}0002_b.py": ""}, {"CPL006"}),
    "a formatter ran": (
        {**DJANGO, f"{MIGRATIONS}0002_b.py": OLD},
        {f"{MIGRATIONS}0002_b.py": OLD.replace('"', "'") + "# end\n", "accounts/views.py": "x = 2\n"},
        set(),
    ),
    "an old one edited": (
        {**DJANGO, f"{MIGRATIONS}0002_b.py": OLD},
        {f"{MIGRATIONS}0002_b.py": OLD.replace("Text", "Char")},
        {"CPL006"},
    ),
    "rails with its snapshot": (
        RAILS,
        {
            "db/migrate/2.rb": rails("add_column :users, :nick, :string"),
            "db/schema.rb": "2\n",
            "db/docs/users.yml": "a\n",
        },
        set(),
    ),
    "rails drops what a view uses": (
        {**RAILS, "app/views/a.html.erb": "<%= account.owner.legacy_flag %>\n"},
        {"db/migrate/2.rb": DROP_RAILS},
        {"CPL003", "CPL004"},
    ),
    "rails drops what the model ignores": (
        {**RAILS, "app/models/user.rb": IGNORING},
        {"db/migrate/2.rb": DROP_RAILS},
        set(),
    ),
    "knex drops what is used": (
        {"src/a.js": "db('users').select('legacy_flag')\n"},
        {"migrations/2.js": KNEX_DROP},
        {"CPL003", "CPL004"},
    ),
    "a name that cannot be told": (RAILS, {"db/migrate/2.rb": rails("remove_column table, name")}, {"CPL008"}),
    "prisma drops with its schema": (
        {"prisma/schema.prisma": PRISMA},
        {"prisma/migrations/2/migration.sql": PRISMA_DROP, "prisma/schema.prisma": "model User {\n  id Int @id\n}\n"},
        {"CPL004"},
    ),
    "entity framework": (
        {"src/Migrations/DbModelSnapshot.cs": "1\n"},
        {
            "src/Migrations/2.cs": "x\n",
            "src/Migrations/2.Designer.cs": "x\n",
            "src/Migrations/DbModelSnapshot.cs": "2\n",
        },
        set(),
    ),
    "entity framework and code": ({}, {"src/Migrations/2.cs": "x\n", "src/A.cs": "x\n"}, {"CPL001"}),
    "liquibase appends": (
        {"db/changelog/a.xml": LOG, "db/changelog/db.changelog-master.yaml": "a\n"},
        {
            "db/changelog/a.xml": LOG.replace("</databaseChangeLog>", SET.format(2) + "</databaseChangeLog>"),
            "db/changelog/db.changelog-master.yaml": "b\n",
        },
        set(),
    ),
    "liquibase edits": (
        {"db/changelog/a.xml": LOG},
        {"db/changelog/a.xml": LOG.replace("c1", "c2")},
        {"CPL006"},
    ),
    "goose": ({}, {"db/migrations/2.sql": GOOSE}, set()),
    "several databases": (
        {},
        {
            "migrations/2.postgres.up.sql": "ALTER TABLE u ADD a int;\n",
            "migrations/2.mysql.up.sql": "ALTER u MODIFY a;\n",
        },
        set(),
    ),
    "vendored": ({}, {"vendor/x/migrations/1.sql": "CREATE TABLE a (id int);\n", "src/a.go": "package a\n"}, set()),
    "sqitch": (
        {"sqitch.plan": "1\n"},
        {
            "deploy/a.sql": "ALTER TABLE u ADD a int;\n",
            "revert/a.sql": "ALTER TABLE u DROP COLUMN a;\n",
            "verify/a.sql": "SELECT a FROM u WHERE false;\n",
            "sqitch.plan": "2\n",
        },
        set(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict(repo: Repo, name: str) -> None:
    base, head, expected = CASES[name]
    repo.commit(base)
    repo.git("switch", "--quiet", "-c", "feature")
    for path in [path for path, text in head.items() if not text]:
        (repo.path / path).unlink()
    repo.commit({path: text for path, text in head.items() if text})
    found = verdict(repo, "--base", "main")
    assert {f["rule"] for f in found["findings"] if f["severity"] == "error"} == expected
    assert found["exit"] == (1 if expected else 0)


def test_models_alone_are_told_of_the_policy_that_allows_them(repo: Repo) -> None:
    repo.commit(DJANGO)
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({f"{MIGRATIONS}0002.py": ADD, "accounts/models.py": MODEL + "    n = 1\n"})
    (finding,) = verdict(repo, "--base", "main")["findings"]
    assert 'models_with = "expand"' in finding["help"]


def test_what_removes_ships_after_the_code(repo: Repo) -> None:
    repo.commit(USED)
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({f"{MIGRATIONS}0002.py": DROP, "shop/tasks.py": "x = 1\n"})
    found = verdict(repo, "--base", "main")
    finding = next(f for f in found["findings"] if f["rule"] == "CPL001")
    assert "application changes first" in finding["message"]
    assert "SeparateDatabaseAndState" in finding["help"]
    commands = finding["help"].removeprefix("Split: ").partition(". ")[0].split(" && ")
    for command in commands[:-1]:
        repo.git(*command.removeprefix("git ").replace("'Code first'", "code").split())
    assert repo.git("diff", "--name-only", "main", "code-first") == "shop/tasks.py"
