"""Migrations that are programs, as people write them: constants, objects, lists; and what lies beside them."""

from tests.coupling.shape_repository import Files, Shape, shape
from tests.coupling.shapes_of_uses import ADD, DROP, NODE, USED

TYPEORM = (
    "export class X {{\n  public async up(queryRunner) {{\n    {};\n  }}\n  public async down(queryRunner) {{}}\n}}\n"
)
SEQUELIZE = "module.exports = {{\n  async up(queryInterface, Sequelize) {{\n    {};\n  }},\n}};\n"
EF = "class X : Migration {{\n  protected override void Up(MigrationBuilder migrationBuilder) {{\n    {};\n  }}\n}}\n"
FLUENT = "[Migration(2)]\nclass X : Migration {{\n  public override void Up() {{\n    {};\n  }}\n}}\n"
SEA = "async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n    {}.await\n}}\n"
LOG = '<databaseChangeLog>\n<changeSet id="2" author="a">\n{}\n</changeSet>\n</databaseChangeLog>\n'
LOG_YAML = (
    "databaseChangeLog:\n  - changeSet:\n      id: 2\n      changes:\n"
    "        - dropColumn:\n            tableName: users\n"
    "            columns:\n              - column:\n                  name: other_flag\n"
    "              - column:\n                  name: legacy_flag\n"
)
BUN = (
    "package migrations\n\nfunc init() {\n\tMigrations.MustRegister(func(ctx context.Context, db *bun.DB) error {\n"
    '\t\t_, err := db.NewDropColumn().Model((*User)(nil)).Column("legacy_flag").Exec(ctx)\n'
    "\t\treturn err\n\t}, nil)\n}\n"
)
AUTO_MIGRATE = (
    'package migrations\n\nvar m2 = &gormigrate.Migration{\n\tID: "2",\n\tMigrate: func(tx *gorm.DB) error {\n'
    "\t\ttype User struct {\n\t\t\tNick string\n\t\t}\n\t\treturn tx.AutoMigrate(&User{})\n\t},\n}\n"
)
PHASES = '[coupling]\nmode = "phase-aware"\n'
DROPS: dict[str, Files] = {
    "constant of typeorm": {
        "src/migrations/1700-X.ts": "const TABLE = 'users';\n"
        + TYPEORM.format("await queryRunner.dropColumn(TABLE, 'legacy_flag')")
    },
    "member of typeorm": {
        "src/migrations/1700-X.ts": TYPEORM.format("await queryRunner.dropColumn(this.table, 'legacy_flag')").replace(
            "{\n  public", "{\n  private readonly table = 'users';\n  public", 1
        )
    },
    "table of sequelize with a schema": {
        "migrations/2.js": SEQUELIZE.format(
            "await queryInterface.removeColumn({ tableName: 'users', schema: 'public' }, 'legacy_flag')"
        )
    },
    "table of node-pg-migrate with a schema": {
        "migrations/2.ts": "exports.up = (pgm) => {\n"
        "  pgm.dropColumn({ schema: 'public', name: 'users' }, 'legacy_flag');\n};\n"
    },
    "bun's builder": {"migrations/2_drop.go": BUN},
    "several columns in xml": {
        "db/changelog/2.xml": LOG.format(
            '<dropColumn tableName="users"><column name="other_flag"/><column name="legacy_flag"/></dropColumn>'
        )
    },
    "several columns in yaml": {"db/changelog/2.yaml": LOG_YAML},
    "ef by position": {"src/Migrations/2_X.cs": EF.format('migrationBuilder.DropColumn("legacy_flag", "users")')},
    "ef in another order": {
        "src/Migrations/2_X.cs": EF.format('migrationBuilder.DropColumn(table: "users", name: "legacy_flag")')
    },
    "ef with verbatim sql": {
        "src/Migrations/2_X.cs": EF.format(
            'migrationBuilder.Sql(@"ALTER TABLE ""users"" DROP COLUMN ""legacy_flag"";")'
        )
    },
    "fluent with several columns": {
        "src/Migrations/2_X.cs": FLUENT.format('Delete.Column("other_flag").Column("legacy_flag").FromTable("users")')
    },
    "sea-orm with texts": {
        "migration/src/m2_drop.rs": SEA.format(
            'manager.alter_table(Table::alter().table(Alias::new("users"))'
            '.drop_column(Alias::new("legacy_flag")).to_owned())'
        )
    },
    "refinery in rust": {"migrations/V2__drop.rs": 'm.change_table("users", |t| { t.drop_column("legacy_flag"); });\n'},
}
LIST = "package migrations\n\nvar All = []*gormigrate.Migration{{m1{}}}\n"
MIGRATIONS_3: dict[str, Shape] = {
    **{name: shape(NODE, files, *USED) for name, files in DROPS.items()},
    "constant of an unused column": shape({"a.js": "x\n"}, DROPS["constant of typeorm"]),
    "renamed by typeorm": shape(
        NODE,
        {
            "src/migrations/1700-X.ts": TYPEORM.format(
                "await queryRunner.changeColumn('users', 'legacy_flag', new TableColumn({ name: 'flag' }))"
            )
        },
        *USED,
        "CPL008",
    ),
    "view of knex": shape(
        {"a.js": "knex('active_users').select('id')\n"},
        {"migrations/2.js": "exports.up = async (knex) => {\n  await knex.schema.dropView('active_users');\n};\n"},
        *USED,
    ),
    "automigrate and other code": shape(
        {"migrator.toml": PHASES, "a.go": "package a\n"}, {"migrations/2.go": AUTO_MIGRATE, "a.go": "package b\n"}
    ),
    "automigrate and its use": shape(
        {"migrator.toml": PHASES, "a.go": "package a\n"},
        {"migrations/2.go": AUTO_MIGRATE, "a.go": 'package b\n\nfunc f(u User) { u.Nick = "a" }\n'},
        "CPL001",
    ),
    "ef adds with its designer file": shape(
        {"migrator.toml": PHASES, "src/A.cs": "class A {}\n"},
        {
            "src/Migrations/2_X.cs": EF.format(
                'migrationBuilder.AddColumn<string>(name: "Nick", table: "Users", type: "text", nullable: true)'
            ),
            "src/Migrations/2_X.Designer.cs": "partial class X { }\n",
            "src/A.cs": "class A { }\n",
        },
    ),
    # what lies beside the migrations
    "runner edited": shape({"src/migrations/run-migrations.ts": "x\n"}, {"src/migrations/run-migrations.ts": "y\n"}),
    "list of gormigrate": shape(
        {"internal/migrations/list.go": LIST.format("")}, {"internal/migrations/list.go": LIST.format(", m2")}
    ),
    "barrel and embed": shape(
        {"src/migrations/index.ts": "x\n", "migrations/embed.go": "package m\n"},
        {"src/migrations/index.ts": "y\n", "migrations/embed.go": "package n\n"},
    ),
    "formatted": shape(
        {"migrations/2.js": SEQUELIZE.format('await q.addColumn("users", "nick", { type: T })')},
        {
            "migrations/2.js": SEQUELIZE.format(
                "await q.addColumn(\n      'users',\n      'nick',\n      { type: T },\n)"
            )
        },
    ),
    "edited": shape(
        {"migrations/2.js": SEQUELIZE.format("await q.addColumn('users', 'nick', { type: T })")},
        {"migrations/2.js": SEQUELIZE.format("await q.addColumn('users', 'name', { type: T })")},
        "CPL006",
    ),
    "graphile's current": shape({"migrations/current.sql": f"{ADD};\n"}, {"migrations/current.sql": "-- next\n"}),
    "pictures": shape(
        {},
        {
            "drizzle/2_nick/migration.sql": f"{ADD};\n",
            "drizzle/2_nick/snapshot.json": "{}\n",
            "prisma/dbml/schema.dbml": "Table users {}\n",
            "schema/users.hcl": 'table "users" {}\n',
            "sqlx-data.json": "{}\n",
            "src/types/supabase.ts": "export type Database = {}\n",
        },
    ),
    "seeds": shape(
        {},
        {
            "drizzle/2.sql": f"{ADD};\n",
            "src/db/seed.ts": "x\n",
            "seeds/01_users.js": "x\n",
            "seeders/1-user.js": "x\n",
            "supabase/seeds/u.sql": "INSERT INTO a VALUES (1);\n",
        },
    ),
    "tooling": shape(
        {}, {"migrations/2.sql": f"{ADD};\n", "jest.config.ts": "x\n", ".eslintrc.js": "x\n", ".credo.exs": "x\n"}
    ),
    "other databases": shape(
        {"a.ts": "x\n"},
        {
            "src/clickHouse/migrations/2.sql": "CREATE TABLE a (id UInt64) ENGINE = MergeTree;\n",
            "db/mysql/migrations/2.sql": "ALTER TABLE a ADD COLUMN `b` int;\n",
            "a.ts": "y\n",
        },
    ),
    "change log beside the code": shape(
        {"A.java": "class A {}\n"},
        {
            "src/main/resources/META-INF/jpa-changelog-2.xml": LOG.format(f"<sql>{DROP}</sql>"),
            "A.java": "class A { }\n",
        },
        "CPL001",
    ),
}
