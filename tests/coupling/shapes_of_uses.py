"""Contracts by every kind of migration, and code in every language that uses what goes, or only seems to."""

from tests.coupling.shape_repository import Files, Shape, shape

DROP = "ALTER TABLE users DROP COLUMN legacy_flag;\n"
SQL_DROP = {"db/migrations/2_drop.sql": DROP}
USED = ("CPL003", "CPL004")
NODE = {"src/a.js": "db.query('SELECT legacy_flag FROM users')\n"}
GO_USE = {"store/users.go": 'package store\n\nconst q = "SELECT legacy_flag FROM users"\n'}
JAVA_USE = {"src/main/java/Users.java": 'class Users { String q = "SELECT legacy_flag FROM users"; }\n'}
FLYWAY_JAVA = (
    "package db.migration;\n\npublic class V2__Drop extends BaseJavaMigration {{\n"
    "    public void migrate(Context context) throws Exception {{\n        {}\n    }}\n}}\n"
)
RUN = 'new JdbcTemplate(context.getConnection()).execute("{}");'
GOOSE = (
    "package migrations\n\nfunc init() {{\n\tgoose.AddMigrationContext(upDrop, downDrop)\n}}\n\n"
    "func upDrop(ctx context.Context, tx *sql.Tx) error {{\n\t_, err := tx.ExecContext(ctx, `{}`)\n\treturn err\n}}\n\n"
    "func downDrop(ctx context.Context, tx *sql.Tx) error {{\n\t_, err := tx.Exec(`{}`)\n\treturn err\n}}\n"
)
GORMIGRATE = (
    'package migrations\n\nvar m2 = &gormigrate.Migration{{\n\tID: "2",\n'
    "\tMigrate: func(tx *gorm.DB) error {{\n\t\t{}\n\t}},\n"
    "\tRollback: func(tx *gorm.DB) error {{\n\t\t{}\n\t}},\n}}\n"
)
ADD = "ALTER TABLE users ADD COLUMN nick text"
BACK = "ALTER TABLE users DROP COLUMN nick"
SEQUEL = (
    "Sequel.migration do\n  up do\n    {}\n  end\n  down do\n    add_column :users, :legacy_flag, :bool\n  end\nend\n"
)
SEA_DROP = (
    "impl MigrationTrait for Migration {\n    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {\n"
    "        manager.alter_table(Table::alter().table(Users::Table).drop_column(Users::LegacyFlag).to_owned()).await\n"
    "    }\n    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> { Ok(()) }\n}\n"
)
FLUENT = (
    "[Migration(2)]\npublic class Drop : Migration {\n  public override void Up() {\n"
    '    Delete.Column("LegacyFlag").FromTable("Users");\n  }\n  public override void Down() {\n'
    '    Alter.Table("Users").AddColumn("LegacyFlag").AsBoolean();\n  }\n}\n'
)
PHINX = (
    "<?php\nfinal class Drop extends AbstractMigration {\n  public function up(): void {\n"
    "    $this->table('users')->removeColumn('legacy_flag')->update();\n  }\n}\n"
)
DOCTRINE = (
    "<?php\nfinal class Version2 extends AbstractMigration {\n  public function up(Schema $schema): void {\n"
    "    $this->addSql('ALTER TABLE users DROP legacy_flag');\n  }\n  public function down(Schema $schema): void {\n"
    "    $this->addSql('ALTER TABLE users ADD legacy_flag BOOLEAN');\n  }\n}\n"
)
YOYO = 'from yoyo import step\nsteps = [step("ALTER TABLE users DROP COLUMN legacy_flag", "SELECT 1")]\n'
AERICH = (
    "async def upgrade(db):\n    return '''\n        ALTER TABLE \"users\" DROP COLUMN \"legacy_flag\";'''\n\n\n"
    "async def downgrade(db):\n    return '''SELECT 1'''\n"
)
PEEWEE = "def migrate(migrator, database, **kwargs):\n    migrator.remove_fields('users', 'legacy_flag')\n"
COMMON = {"db/migrations/2_drop.sql": "ALTER TABLE users DROP COLUMN name;\n"}
COMMON_OLD: Files = {"db/migrations/1.sql": "CREATE TABLE users (id int, name text, status text);\n"}


def python(body: str) -> Files:
    """Return a module that knows the class of the table and does something else with a common name."""
    return {
        **COMMON_OLD,
        "shop/users.py": f"import logging\nfrom shop.models import User\n\n\ndef f(user, x):\n    {body}\n",
    }


def script(body: str) -> Files:
    """Return a module in TypeScript that knows the class of the table."""
    return {**COMMON_OLD, "web/users.ts": f"import {{ User }} from './user';\n\n{body}\n"}


MIGRATIONS: dict[str, Shape] = {
    "flyway in java": shape(
        JAVA_USE, {"src/main/java/db/migration/V2__Drop.java": FLYWAY_JAVA.format(RUN.format(DROP[:-2]))}, *USED
    ),
    "flyway in java and code": shape(
        {"src/main/java/A.java": "class A {}\n"},
        {
            "src/main/java/db/migration/V2__Add.java": FLYWAY_JAVA.format(RUN.format(ADD)),
            "src/main/java/A.java": "class A { }\n",
        },
        "CPL001",
    ),
    "flyway in java elsewhere": shape(
        {"src/main/java/A.java": "class A {}\n"},
        {
            "src/main/java/com/acme/schema/V2__Add.java": FLYWAY_JAVA.format(RUN.format(ADD)),
            "src/main/java/A.java": "x\n",
        },
        "CPL001",
    ),
    "flyway in kotlin": shape(
        JAVA_USE,
        {"src/main/kotlin/db/migration/V2__Drop.kt": f'class V2__Drop {{ fun migrate() {{ exec("{DROP[:-2]}") }} }}\n'},
        *USED,
    ),
    "flyway in java changes rows": shape(
        JAVA_USE, {"src/main/java/db/migration/V2__Fill.java": FLYWAY_JAVA.format(RUN.format("UPDATE users SET a = 1"))}
    ),
    "flyway in java builds names": shape(
        JAVA_USE,
        {"src/main/java/db/migration/V2__X.java": FLYWAY_JAVA.format('run("ALTER TABLE users DROP COLUMN " + name);')},
        "CPL008",
    ),
    "goose in go": shape(GO_USE, {"migrations/2_drop.go": GOOSE.format(DROP[:-2], ADD)}, *USED),
    "goose in go adds": shape(GO_USE, {"migrations/2_add.go": GOOSE.format(ADD, BACK)}),
    "goose in go, unused": shape({"a.go": "package a\n"}, {"migrations/2_drop.go": GOOSE.format(DROP[:-2], ADD)}),
    "gormigrate": shape(
        GO_USE,
        {"migrations/2.go": GORMIGRATE.format('return tx.Migrator().DropColumn(&User{}, "legacy_flag")', "return nil")},
        *USED,
    ),
    "gormigrate by name": shape(
        GO_USE,
        {"migrations/2.go": GORMIGRATE.format('return tx.Migrator().DropColumn("users", "legacy_flag")', "return nil")},
        *USED,
    ),
    "gormigrate adds": shape(
        GO_USE,
        {
            "migrations/2.go": GORMIGRATE.format(
                'return tx.Migrator().AddColumn(&User{}, "Nick")', 'return tx.Migrator().DropColumn(&User{}, "Nick")'
            )
        },
    ),
    "gormigrate with sql": shape(
        GO_USE, {"migrations/2.go": GORMIGRATE.format(f"return tx.Exec(`{DROP}`).Error", "return nil")}, *USED
    ),
    "sequel": shape(NODE, {"db/migrations/2_a.rb": SEQUEL.format("drop_column :users, :legacy_flag")}, *USED),
    "sequel in a block": shape(
        NODE,
        {"db/migrations/2_a.rb": SEQUEL.format("alter_table(:users) do\n      drop_column :legacy_flag\n    end")},
        *USED,
    ),
    "sea-orm drops": shape(GO_USE, {"migration/src/m2_drop.rs": SEA_DROP}, *USED),
    "fluent migrator": shape(
        {"src/A.cs": "class User { bool LegacyFlag; }\n"}, {"src/Migrations/2_A.cs": FLUENT}, *USED
    ),
    "phinx": shape(NODE, {"db/migrations/2_drop.php": PHINX}, *USED),
    "doctrine": shape(
        {"src/Entity/User.php": "<?php\n#[ORM\\Entity]\nclass User {\n  private bool $legacyFlag;\n}\n"},
        {"migrations/Version2.php": DOCTRINE},
        *USED,
    ),
    "mikro-orm": shape(
        NODE,
        {
            "migrations/Migration2.ts": "async up() {\n"
            '  this.addSql(\'alter table "users" drop column "legacy_flag";\');\n}\n'
        },
        *USED,
    ),
    "fizz": shape(GO_USE, {"migrations/2_a.up.fizz": 'drop_column("users", "legacy_flag")\n'}, *USED),
    "yoyo": shape(NODE, {"migrations/0002_drop.py": YOYO}, *USED),
    "aerich": shape(NODE, {"migrations/models/2_drop.py": AERICH}, *USED),
    "peewee": shape(NODE, {"migrations/002_drop.py": PEEWEE}, *USED),
    "play drops": shape(NODE, {"conf/evolutions/default/2.sql": f"# --- !Ups\n{DROP}# --- !Downs\nSELECT 1;\n"}, *USED),
    "in a language that nobody reads": shape(
        NODE, {"resources/migrations/2.edn": '{:up ["ALTER TABLE users DROP COLUMN legacy_flag"]}\n'}, "CPL008"
    ),
    "two contracts, one used": shape(
        NODE, {**SQL_DROP, "db/migrations/3_drop.sql": "ALTER TABLE users DROP COLUMN other_flag;\n"}, *USED
    ),
    "an expand and another's contract": shape(
        {"src/a.js": "x\n"},
        {
            "migrations/1_a/expand.sql": f"{ADD};\n",
            "migrations/0_b/contract.sql": DROP,
            "migrations/0_b/migration.toml": "[migration]\n[contract]\ncontract_by = 2099-01-01\n",
        },
    ),
}

USES: dict[str, Shape] = {
    "go struct": shape(
        {"a/user.go": 'type User struct {\n\tLegacyFlag bool `gorm:"column:legacy_flag"`\n}\n'}, SQL_DROP, *USED
    ),
    "hibernate entity": shape(
        {"src/User.java": "@Entity\nclass User {\n  private boolean legacyFlag;\n}\n"}, SQL_DROP, *USED
    ),
    "jpql": shape(
        {"src/Users.java": '@Query("select u from User u where u.legacyFlag = true")\nList<User> all();\n'},
        SQL_DROP,
        *USED,
    ),
    "spring data's method": shape(
        {
            "src/Users.java": "interface Users extends Repository<User, Long> {\n"
            "  List<User> findByLegacyFlagTrue();\n}\n"
        },
        SQL_DROP,
        *USED,
    ),
    "eloquent": shape(
        {"app/Models/User.php": "<?php\nclass User extends Model {\n  protected $fillable = ['legacy_flag'];\n}\n"},
        SQL_DROP,
        *USED,
    ),
    "ecto": shape({"lib/user.ex": 'schema "users" do\n  field :legacy_flag, :boolean\nend\n'}, SQL_DROP, *USED),
    "sequelize": shape(
        {"models/user.js": "sequelize.define('User', { legacyFlag: { type: BOOLEAN, field: 'legacy_flag' } })\n"},
        SQL_DROP,
        *USED,
    ),
    "drizzle": shape(
        {"src/db/schema.ts": "export const users = pgTable('users', { legacyFlag: boolean('legacy_flag') });\n"},
        SQL_DROP,
        *USED,
    ),
    "sqlx": shape({"src/a.rs": 'sqlx::query!("select legacy_flag from users").fetch_all(db)\n'}, SQL_DROP, *USED),
    "diesel's table": shape(
        {"src/schema.rs": "diesel::table! {\n    users (id) {\n        legacy_flag -> Bool,\n    }\n}\n"},
        SQL_DROP,
        *USED,
    ),
    "sql in yaml": shape({"jobs/a.yaml": "query: |\n  SELECT legacy_flag FROM users\n"}, SQL_DROP, *USED),
    "dashboard": shape({"grafana/a.json": '{"rawSql": "select legacy_flag from users"}\n'}, SQL_DROP, *USED),
    "template": shape({"reports/a.sql.j2": "SELECT legacy_flag FROM users {{ where }}\n"}, SQL_DROP, *USED),
    "dbt": shape({"dbt/models/a.sql": "select legacy_flag from {{ source('app', 'users') }}\n"}, SQL_DROP, *USED),
    "mapped under another name": shape(
        {
            "shop/models.py": "class User(Base):\n    __tablename__ = 'users'\n"
            "    flag = Column('legacy_flag', Boolean)\n"
        },
        SQL_DROP,
        *USED,
    ),
    "string of a shell": shape({"bin/a.sh": 'psql -c "SELECT legacy_flag FROM users"\n'}, SQL_DROP, *USED),
    "reserved in protobuf": shape(
        {
            "proto/a.proto": 'message User {\n  reserved "legacy_flag";\n}\n',
            "gen/a.pb.go": "type User struct {\n\tLegacyFlag bool\n}\n",
        },
        SQL_DROP,
    ),
    "description of an api": shape({"api/openapi.yaml": "users:\n  legacyFlag: boolean\n"}, SQL_DROP),
    # common names
    "name of a logger": shape(python("logging.getLogger(name='x').debug(x.__class__.name)"), COMMON),
    "name of a thread": shape(python("Thread(name='worker').start(); logging.getLogger(name='x')"), COMMON),
    "name of a file": shape(python("return x.file.name, request.name, response.name"), COMMON),
    "name of the environment": shape(python("return os.environ['name'], os.name"), COMMON),
    "name of the user": shape(python("return user.name"), COMMON, *USED),
    "name in a filter": shape(python("return User.objects.filter(name='x')"), COMMON, *USED),
    "name in a list of columns": shape(python("return user.values('name')"), COMMON, *USED),
    "name of an error": shape(script("if (err.name === 'X') throw new Error(err.name);"), COMMON),
    "name of a function": shape(script("console.log(fn.constructor.name, event.target.name, file.name);"), COMMON),
    "name of a field in a form": shape(
        {**COMMON_OLD, "web/user.html": '<form id="user"><input name="q" class="user"></form>\n'}, COMMON
    ),
    "name in a query of a template": shape(
        {**COMMON_OLD, "jobs/a.yaml": "query: SELECT id FROM users WHERE name='x'\n"}, COMMON, *USED
    ),
    "name in a row": shape(script("const { name } = await db.users.findOne();"), COMMON, *USED),
    "name of the user in a script": shape(script("return user.name;"), COMMON, *USED),
    "status of an answer": shape(
        script("if (response.status !== 200) res.status(404).send(User);"),
        {"db/migrations/2_drop.sql": "ALTER TABLE users DROP COLUMN status;\n"},
    ),
}
