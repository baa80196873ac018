"""Pull requests whose point is which files they change: tools' folders, generated files, links, moves, monorepos."""

from tests.coupling.shape_repository import Entry, Files, Shape, shape

ADD_SQL = "ALTER TABLE users ADD COLUMN nick text;\n"
FIRST = "CREATE TABLE users (id bigint PRIMARY KEY, legacy_flag boolean, name text);\n"
FLYWAY = "src/main/resources/db/migration/"
OLD: Files = {f"{FLYWAY}V1__first.sql": FIRST, "src/main/java/App.java": "class App {}\n"}
NEW = f"{FLYWAY}V2__nick.sql"
SERVICES = """[[coupling.service]]
name = "orders"
app = ["services/orders/**"]
migrations = ["services/orders/migrations/**"]
[[coupling.service]]
name = "web"
app = ["services/web/**"]
[[coupling.service]]
name = "jobs"
app = ["services/jobs/**"]
shares_db_with = ["orders"]
"""
MONOREPO: Files = {
    "migrator.toml": SERVICES,
    "services/orders/migrations/1_first.sql": FIRST,
    "services/orders/main.py": "x = 1\n",
    "services/web/main.py": "x = 1\n",
    "services/jobs/main.py": "x = 1\n",
    "libs/shared/main.py": "x = 1\n",
}
ORDERS_ADD = {"services/orders/migrations/2_nick.sql": ADD_SQL}
ORDERS_DROP = {"services/orders/migrations/2_drop.sql": "ALTER TABLE users DROP COLUMN legacy_flag;\n"}
READS = "def read(db):\n    return db.execute('SELECT legacy_flag FROM users')\n"
SCALA_DOWN = "# --- !Ups\n{}\n# --- !Downs\nALTER TABLE users DROP COLUMN nick;\n"
SEA = (
    "impl MigrationTrait for Migration {\n    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {\n"
    "        manager.alter_table(Table::alter().table(Users::Table)"
    ".add_column(ColumnDef::new(Users::Nick).string()).to_owned()).await\n    }\n}\n"
)
COMMIT_1, COMMIT_2 = "1" * 40, "2" * 40

FILES: dict[str, Shape] = {
    # monorepos
    "other service": shape(MONOREPO, {**ORDERS_ADD, "services/web/main.py": "x = 2\n"}),
    "service on the same database": shape(MONOREPO, {**ORDERS_ADD, "services/jobs/main.py": "x = 2\n"}, "CPL001"),
    "library of all": shape(MONOREPO, {**ORDERS_ADD, "libs/shared/main.py": "x = 2\n"}, "CPL001"),
    "column of a name that another database has": shape({**MONOREPO, "services/web/main.py": READS}, ORDERS_DROP),
    "column used by a job on the same database": shape(
        {**MONOREPO, "services/jobs/main.py": READS}, ORDERS_DROP, "CPL003", "CPL004"
    ),
    "umbrella": shape(
        {},
        {
            "apps/core/priv/repo/migrations/2_a.exs": 'def change do\n alter table("users") do\n add :n, :text\n',
            "apps/web/lib/a.ex": "x\n",
        },
        "CPL001",
    ),
    # code generators
    "sqlc": shape(
        OLD,
        {
            "db/migrations/2.sql": ADD_SQL,
            "db/query/users.sql": "SELECT nick FROM users;\n",
            "db/sqlc/users.sql.go": "x\n",
        },
        "CPL001",
    ),
    "jooq": shape(OLD, {NEW: ADD_SQL, "src/generated/java/db/tables/Users.java": "class Users {}\n"}, "CPL001"),
    "protobuf": shape(OLD, {NEW: ADD_SQL, "proto/user.proto": "message User {}\n"}, "CPL001"),
    "graphql": shape(OLD, {NEW: ADD_SQL, "src/schema.graphql": "type User { nick: String }\n"}, "CPL001"),
    "openapi in the documents": shape(OLD, {NEW: ADD_SQL, "docs/openapi.yaml": "a: 1\n"}),
    "prisma adds": shape(
        {"prisma/schema.prisma": "model User {\n}\n"},
        {"prisma/migrations/2/migration.sql": ADD_SQL, "prisma/schema.prisma": "model User {\n  nick String?\n}\n"},
    ),
    "prisma client checked in": shape(
        {},
        {"prisma/migrations/2/migration.sql": ADD_SQL, "src/generated/client/index.ts": "x\n"},
        "CPL001",
    ),
    "queries that sqlx prepared": shape(
        {".sqlx/query-1.json": "{}\n"}, {"migrations/2_nick.sql": ADD_SQL, ".sqlx/query-1.json": '{"a": 1}\n'}
    ),
    "diesel": shape(
        {"src/schema.rs": "a\n"},
        {"migrations/2_nick/up.sql": ADD_SQL, "migrations/2_nick/down.sql": "SELECT 1;\n", "src/schema.rs": "b\n"},
        "CPL001",
    ),
    "ent": shape(
        {},
        {
            "ent/migrate/migrations/2_nick.sql": ADD_SQL,
            "ent/migrate/migrations/atlas.sum": "h1\n",
            "ent/user.go": "x\n",
        },
        "CPL001",
    ),
    # pictures of the schema, and what belongs to a migration
    "atlas": shape({"schema.hcl": "a\n"}, {"migrations/2.sql": ADD_SQL, "schema.hcl": "b\n", "atlas.hcl": "c\n"}),
    "laravel's dump": shape(
        {}, {"database/migrations/2.php": "<?php\n", "database/schema/pgsql-schema.sql": "CREATE TABLE a (id int);\n"}
    ),
    "supabase declares": shape(
        {}, {"supabase/migrations/2.sql": ADD_SQL, "supabase/schemas/users.sql": "CREATE TABLE a (id int);\n"}
    ),
    "scenic": shape(
        {"db/views/actives_v01.sql": "SELECT 1;\n"},
        {
            "db/migrate/2_a.rb": "class A < ActiveRecord::Migration[7.0]\n  def change\n    update_view :actives,"
            " version: 2, revert_to_version: 1\n  end\nend\n",
            "db/views/actives_v02.sql": "SELECT 2;\n",
            "db/schema.rb": "2\n",
        },
    ),
    "rails's data migration": shape(
        {},
        {
            "db/migrate/2_a.rb": "class A < ActiveRecord::Migration[7.0]\n  def change\n"
            "    add_column :users, :n, :text\n  end\nend\n",
            "db/data/20260101000000_fill.rb": "class Fill < ActiveRecord::Migration[7.0]\nend\n",
            "db/data_schema.rb": "2\n",
        },
    ),
    "play's evolutions": shape(
        {"conf/evolutions/default/1.sql": SCALA_DOWN.format("CREATE TABLE users (id int);")},
        {"conf/evolutions/default/2.sql": SCALA_DOWN.format(ADD_SQL), "app/controllers/A.scala": "class A\n"},
        "CPL001",
    ),
    "play's evolution alone": shape({}, {"conf/evolutions/default/2.sql": SCALA_DOWN.format(ADD_SQL)}),
    "typeorm's old folder": shape(
        {}, {"src/migration/1699-Nick.ts": "await queryRunner.query(`x`);\n", "src/a.ts": "x\n"}, "CPL001"
    ),
    "sea-orm": shape({}, {"migration/src/m2_nick.rs": SEA, "src/main.rs": "fn main() {}\n"}, "CPL001"),
    "sea-orm lists it": shape(
        {"migration/src/lib.rs": "mod m1;\n"}, {"migration/src/m2_nick.rs": SEA, "migration/src/lib.rs": "mod m2;\n"}
    ),
    "settings of the tool": shape({}, {"alembic/versions/2_a.py": "def upgrade(): pass\n", "alembic.ini": "[a]\n"}),
    # what does not ship, or is no code
    "seeds of rails": shape({}, {"db/migrate/2_a.rb": "# nothing\n", "db/seeds/users.rb": "User.create!\n"}),
    "seeds of prisma": shape({}, {"prisma/migrations/2/migration.sql": ADD_SQL, "prisma/seed.ts": "x\n"}),
    "seeds and factories of laravel": shape(
        {},
        {
            "database/migrations/2.php": "<?php\n",
            "database/seeders/UserSeeder.php": "<?php\n",
            "database/factories/UserFactory.php": "<?php\n",
        },
    ),
    "seeds of ecto": shape({}, {"priv/repo/migrations/2_a.exs": "x\n", "priv/repo/seeds.exs": "x\n"}),
    "fragments of a change log": shape(
        OLD, {NEW: ADD_SQL, "changelog.d/12.feature": "x\n", "changelogs/unreleased/12.yml": "x\n"}
    ),
    "tests of .NET": shape({}, {"src/App/Migrations/2_A.cs": "x\n", "src/App.Tests/UserTests.cs": "x\n"}),
    "tests of java": shape(OLD, {NEW: ADD_SQL, "src/test/java/UserIT.java": "class UserIT {}\n"}),
    "a sample of the environment": shape(OLD, {NEW: ADD_SQL, ".env.example": "A=1\n"}),
    "infrastructure": shape(OLD, {NEW: ADD_SQL, "deploy/k8s/app.yaml": "image: app:2\n"}, "CPL001"),
    "feature flags": shape(OLD, {NEW: ADD_SQL, "config/features.yml": "nick: true\n"}, "CPL001"),
    "dependencies": shape(OLD, {NEW: ADD_SQL, "poetry.lock": "x\n"}),
    # what git can do with files
    "mode of a released migration": shape(
        {"migrations/1.sql": FIRST, "src/a.py": "x\n"}, {"migrations/1.sql": Entry("100755", FIRST), "src/a.py": "y\n"}
    ),
    "mode of code": shape(
        {"bin/run.py": "x = 1\n"}, {"migrations/2.sql": ADD_SQL, "bin/run.py": Entry("100755", "x = 1\n")}
    ),
    "submodule with code": shape(
        {"libs/core": Entry("160000", COMMIT_1)},
        {"migrations/2.sql": ADD_SQL, "libs/core": Entry("160000", COMMIT_2)},
        "CPL001",
    ),
    "submodule with the migrations": shape(
        {"db/migrations": Entry("160000", COMMIT_1), "src/a.py": "x\n"},
        {"db/migrations": Entry("160000", COMMIT_2), "src/a.py": "y\n"},
        "CPL001",
    ),
    "link to a migration": shape(
        {"shared/2.sql": ADD_SQL, "src/a.py": "x\n"},
        {"migrations/2.sql": Entry("120000", "../shared/2.sql"), "src/a.py": "y\n"},
        "CPL001",
    ),
    "code becomes a link": shape(
        {"src/a.py": "x\n", "src/b.py": "y\n"},
        {"migrations/2.sql": ADD_SQL, "src/a.py": Entry("120000", "b.py")},
        "CPL001",
    ),
    "binary code": shape({}, {"migrations/2.sql": ADD_SQL, "models/a.onnx": b"\x00\xff\xfe"}, "CPL001"),
    "picture": shape({}, {"migrations/2.sql": ADD_SQL, "static/a.png": b"\x89PNG\x00\xff"}),
    "sql of another encoding": shape({}, {"migrations/2.sql": ADD_SQL.encode("utf-16")}, "CPL008"),
    "code renamed": shape(
        {"src/a.py": READS * 9}, {"migrations/2.sql": ADD_SQL, "src/a.py": "", "src/b.py": READS * 9}, "CPL001"
    ),
    "documents moved": shape(
        {"README.md": "hello\n" * 9}, {"migrations/2.sql": ADD_SQL, "README.md": "", "docs/start.md": "hello\n" * 9}
    ),
    "migrations moved": shape(
        {"db/migrations/1_first.sql": FIRST},
        {"db/migrations/1_first.sql": "", "sql/migrations/1_first.sql": FIRST},
        "CPL006",
    ),
    "app with its migrations deleted": shape(
        {"old/migrations/0001_a.py": "x\n", "old/views.py": "x\n"},
        {"old/migrations/0001_a.py": "", "old/views.py": ""},
        "CPL001",
        "CPL006",
    ),
    "empty": shape(OLD, {}),
    # histories
    "stacked on a migration that was squashed": shape(
        OLD, {NEW: ADD_SQL, "src/main/java/App.java": "class App { int a; }\n"}, landed={NEW: ADD_SQL}
    ),
    "stacked on a migration that landed otherwise": shape(
        OLD,
        {NEW: ADD_SQL, "src/main/java/App.java": "class App { int a; }\n"},
        "CPL001",
        landed={NEW: ADD_SQL.replace("nick", "name")},
    ),
    "code that landed already": shape(
        OLD,
        {NEW: ADD_SQL, "src/main/java/App.java": "class App { int a; }\n"},
        landed={"src/main/java/App.java": "class App { int a; }\n"},
    ),
    "reverted": shape(
        {**OLD, NEW: ADD_SQL}, {NEW: "", "src/main/java/App.java": "class App { }\n"}, "CPL001", "CPL006"
    ),
    "way back edited": shape(
        {"migrations/1.up.sql": FIRST, "migrations/1.down.sql": "DROP TABLE users;\n"},
        {"migrations/1.down.sql": "DROP TABLE IF EXISTS users;\n"},
    ),
    "released migration edited with code": shape(
        OLD,
        {f"{FLYWAY}V1__first.sql": FIRST.replace("name", "nick"), "src/main/java/App.java": "x\n"},
        "CPL001",
        "CPL006",
    ),
    "repeatable with code": shape(
        OLD, {f"{FLYWAY}R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS a;\n", "src/A.java": "x\n"}, "CPL001"
    ),
    "procedures in a folder of their own": shape(
        {}, {"db/procs/a.sql": "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"}, "CPL005"
    ),
}
