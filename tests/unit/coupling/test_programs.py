"""Migrations that are programs, as their tools' users write them: what goes must be told, or be said to be unknown."""

import pytest

from migrator.coupling.evidence import SqlFile
from migrator.coupling.frameworks import read_framework_file

DJANGO = """
from django.db import migrations, models
{before}
class Migration(migrations.Migration):
    {replaces}
    operations = [{operations}]
"""
ALEMBIC = """
from alembic import op
import sqlalchemy as sa
{before}
def upgrade():
    {body}

def downgrade():
    op.drop_table("never")
"""


def read(path: str, text: str) -> SqlFile | None:
    return read_framework_file(path, lambda _: text)


def gone(path: str, text: str) -> list[str]:
    file = read(path, text)
    assert file is not None
    assert not file.problem
    return [str(item).removeprefix("public.") for item in file.removes]


def come(path: str, text: str) -> list[str]:
    file = read(path, text)
    assert file is not None
    return [str(item).removeprefix("public.") for item in file.adds]


def django(operations: str, before: str = "", replaces: str = "") -> tuple[str, str]:
    text = DJANGO.format(operations=operations, before=before, replaces=replaces)
    return "src/shop/migrations/0002_x.py", text


def alembic(body: str, before: str = "") -> tuple[str, str]:
    return "alembic/versions/1_x.py", ALEMBIC.format(body=body, before=before)


@pytest.mark.parametrize(
    ("operations", "before", "expected"),
    [
        ("migrations.RunSQL(DROP)", 'DROP = "DROP TABLE old"', ["old"]),
        ('migrations.RunSQL(["DROP TABLE a", ("DROP TABLE b", [])])', "", ["a", "b"]),
        ('migrations.RunSQL("DROP TABLE a", migrations.RunSQL.noop)', "", ["a"]),
        ("migrations.RunPython(go)", 'def go(apps, editor):\n    editor.execute("DROP TABLE a")', ["a"]),
        ("migrations.RunPython(go)", "def go(apps, editor):\n    apps.get_model('a', 'b').objects.update(x=1)", []),
        ('SafeRemoveField(model_name="user", name="mail")', "", ["shop_user.mail", "shop_user.mail_id"]),
        ('SafeRemoveField("user", "mail", deletion_action=DeletionAction.MOVE_TO_PENDING)', "", []),
        ('DeleteModelIfExists(name="User")', "", ["shop_user"]),
        ('migrations.AlterModelTable(name="User", table="people")', "", ["shop_user"]),
        (
            'migrations.CreateModel("User", []), migrations.RemoveField("user", "mail")',
            "",
            [],
        ),
        ("HStoreExtension()", "", []),
    ],
)
def test_django_removes(operations: str, before: str, expected: list[str]) -> None:
    assert gone(*django(operations, before)) == expected


def test_django_names_models_and_tables() -> None:
    path, text = django('migrations.RemoveField("UserProfile", "mail")')
    file = read(path, text)
    assert file is not None
    assert {item.model for item in file.removes} == {"UserProfile"}
    assert come(*django('migrations.CreateModel("User", [], options={"db_table": "people"})')) == ["people"]
    assert come(*django('migrations.CreateModel("User", [], {"proxy": True})')) == []
    assert come(*django('migrations.AddField("user", "a", models.TextField(db_column="b"))')) == ["shop_user.b"]
    path, text = django("", "A = [migrations.AddField('user', 'a', models.TextField())]")
    assert come(path, text.replace("[]", "A + []")) == ["shop_user.a"]


def test_a_squashed_migration_does_nothing_where_the_others_have_run() -> None:
    operations = 'migrations.CreateModel("A", []), migrations.DeleteModel("B")'
    file = read(*django(operations, replaces='replaces = [("shop", "0001")]'))
    assert file is not None
    assert (file.adds, file.removes, file.mixed) == ((), (), "")


@pytest.mark.parametrize(
    ("body", "before", "expected"),
    [
        ('with op.batch_alter_table("users") as batch:\n        batch.drop_column("mail")', "", ["users.mail"]),
        (
            (
                'with op.batch_alter_table("users", schema="app") as batch:\n'
                '        batch.alter_column("mail", new_column_name="email")'
            ),
            "",
            ["app.users.mail"],
        ),
        ('op.drop_column("users", "mail", schema="app")', "", ["app.users.mail"]),
        ("op.drop_column(TABLE, 'mail')", "TABLE = 'users'", ["users.mail"]),
        ('for name in ("a", "b"):\n        op.drop_column("users", name)', "", ["users.a", "users.b"]),
        (
            'for table, name in [("users", "a")]:\n        op.drop_column(table, name)',
            "",
            ["users.a"],
        ),
        ('go("users")', "def go(table):\n    op.drop_column(table, 'a')", ["users.a"]),
        ('drop_columns("users", "a", "b")', "from shared import drop_columns", ["users.a", "users.b"]),
        ('drop_table("users")', "from shared import drop_table", ["users"]),
        ('drop_fks_for_table("users")', "from shared import drop_fks_for_table", []),
        ("op.drop_table(User.__tablename__)", "class User:\n    __tablename__ = 'users'", ["users"]),
        ('op.execute(f"DROP TABLE {TABLE}")', "TABLE = 'users'", ["users"]),
        ('op.get_bind().execute(sa.text("DROP TABLE users"))', "", ["users"]),
        ('op.drop_constraint("a", "users")', "", []),
    ],
)
def test_alembic_removes(body: str, before: str, expected: list[str]) -> None:
    assert gone(*alembic(body, before)) == expected


def test_alembic_adds_in_a_batch() -> None:
    body = 'with op.batch_alter_table("users") as b:\n        b.add_column(sa.Column("mail", sa.Text()))'
    assert come(*alembic(body)) == ["users.mail"]
    assert come(*alembic('add_columns("users", sa.Column("mail", sa.Text()))', "from x import add_columns")) == [
        "users.mail"
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        django("migrations.RemoveField(model, NAME)"),
        django('migrations.RunSQL("DROP {{ x }}")'),
        django("RemoveColumnLater(1)"),
        alembic('op.drop_column(table_of(1), "mail")'),
        alembic("op.rename_table(OLD, NEW)"),
        alembic('op.execute("DROP wrong")'),
        ("db/migrate/1_x.rb", "remove_column table, :mail\n"),
        ("migrations/1.js", "exports.up = (knex) => knex.schema.alterTable(T, (t) => t.dropColumn(NAME));\n"),
        ("migrations/1.ts", "async up(q) { await q.query(`ALTER TABLE ${t} DROP COLUMN a`); }\n"),
        ("priv/repo/migrations/1.exs", "def change do\n  drop table(@name)\nend\n"),
        ("database/migrations/1.php", "Schema::dropIfExists($table);"),
        ("src/Migrations/1.cs", "migrationBuilder.DropTable(name: Names.Users);"),
        ("db/changelog/1.xml", "<dropTable cascade='true'/>"),
    ],
)
def test_a_removal_that_cannot_be_told_is_a_problem(path: str, text: str) -> None:
    file = read(path, text)
    assert file is not None
    assert "it cannot be told what line" in file.problem


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("db/migrate/1.rb", "def change\n  remove_column :users, :mail, :string\nend", ["users.mail"]),
        ("db/migrate/1.rb", 'remove_columns "users", :a, :b, type: :string', ["users.a", "users.b"]),
        ("db/migrate/1.rb", "safety_assured { remove_column(:users, :mail) }", ["users.mail"]),
        ("db/migrate/1.rb", "change_table :users do |t|\n  t.remove :a, :b\nend", ["users.a", "users.b"]),
        ("db/migrate/1.rb", "remove_reference :users, :company", ["users.company_id", "users.company_type"]),
        ("db/migrate/1.rb", "rename_column :users, :a, :b", ["users.a"]),
        ("db/migrate/1.rb", "drop_table :users", ["users"]),
        ("db/migrate/1.rb", "# remove_column :users, :mail\nadd_column :users, :a, :string", []),
        ("db/migrate/1.rb", "execute <<~SQL\n  ALTER TABLE users DROP COLUMN mail\nSQL\n", ["users.mail"]),
        ("db/migrate/1.rb", "def up\n  add_column :a, :b, :c\nend\ndef down\n  remove_column :a, :b\nend", []),
        (
            "db/migrate/1.rb",
            "reversible do |dir|\n  dir.up { add_column :a, :b, :c }\n  dir.down { drop_table :a }\nend",
            [],
        ),
        (
            "priv/repo/migrations/1.exs",
            "def change do\n  alter table(:users) do\n    remove :mail, :string\n  end\nend",
            ["users.mail"],
        ),
        ("priv/repo/migrations/1.exs", "def up do\n  drop table(:users)\nend", ["users"]),
        ("priv/repo/migrations/1.exs", "rename table(:users), :a, to: :b", ["users.a"]),
        (
            "database/migrations/1.php",
            (
                "public function up() { Schema::table('users', function ($t) { $t->dropColumn(['a', 'b']); }); }\n"
                "public function down() { Schema::drop('users'); }"
            ),
            ["users.a", "users.b"],
        ),
        ("database/migrations/1.php", "Schema::rename('a', 'b');", ["a"]),
        (
            "migrations/1.js",
            (
                "exports.up = (knex) => knex.schema.alterTable('users', (t) => { t.dropColumn('a'); });\n"
                "exports.down = (knex) => knex.schema.dropTable('users');"
            ),
            ["users.a"],
        ),
        ("migrations/1.js", "up: (queryInterface) => queryInterface.removeColumn('users', 'a')", ["users.a"]),
        ("migrations/1.js", "exports.up = (pgm) => { pgm.dropColumns('users', ['a', 'b']) }", ["users.a", "users.b"]),
        ("migrations/1.ts", "db.schema.alterTable('users').dropColumn('a').execute()", ["users.a"]),
        ("migrations/1.ts", 'await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "a"`)', ["users.a"]),
        ("migrations/1.ts", 'await queryRunner.query(\'ALTER TABLE "users" DROP COLUMN "a"\')', ["users.a"]),
        ("migrations/1.js", "db.runSql(`\n  ALTER TABLE users\n  DROP COLUMN a;\n`, cb)", ["users.a"]),
        (
            "src/Migrations/1.cs",
            (
                'void Up(M m) { m.DropColumn(\n name: "A",\n schema: "x",\n table: "Users"); }\n'
                'void Down(M m) { m.DropTable(name: "Users"); }'
            ),
            ["Users.A"],
        ),
        ("db/changelog/1.xml", '<dropColumn columnName="a" tableName="users"/>', ["users.a"]),
        ("db/changelog/1.xml", '<dropColumn tableName="users"><column name="a"/></dropColumn>', ["users.a"]),
        (
            "db/changelog/1.xml",
            '<addColumn tableName="u"><column name="a"/></addColumn><rollback><dropTable tableName="b"/></rollback>',
            [],
        ),
        (
            "db/changelog/1.yaml",
            "- changeSet:\n    changes:\n      - dropColumn:\n          tableName: users\n          columnName: a\n",
            ["users.a"],
        ),
        ("db/changelog/1.xml", "<sql>ALTER TABLE users DROP COLUMN a</sql>", ["users.a"]),
    ],
)
def test_other_languages(path: str, text: str, expected: list[str]) -> None:
    assert gone(path, text) == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("db/migrate/1.rb", "add_index :users, :mail"),
        ("migrations/1.js", "exports.up = async (db) => db('users').update({ a: 1 })"),
        ("db/changelog/1.xml", "<databaseChangeLog/>"),
        ("migrations/1.lisp", "(add-column :users :mail)"),
    ],
)
def test_nothing_known_is_no_answer(path: str, text: str) -> None:
    assert read(path, text) is None
