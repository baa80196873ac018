"""What files are by their names, in the projects that most people have: Django, Alembic, Rails, Prisma, Flyway, SQL.

Patterns of gitignore's form; within one class the last match decides and `!` takes a file out. A project's own
patterns are added behind these. Tools keep more in their folders than migrations: pictures of the whole schema, lists
of the migrations, files for other databases; each change writes them again, and none of them is history.
"""

from collections.abc import Mapping

from migrator.coupling import tool_files as tools
from migrator.coupling.evidence import FileClass

_TEST_FOLDERS = (
    "test",
    "tests",
    "spec",
    "specs",
    "testdata",
    "fixtures",
    "__tests__",
    "__fixtures__",
    "e2e",
    "cypress",
    "mocks",
    "__mocks__",
    "__snapshots__",
    "benches",
    "testing",
    "Tests",
    "DataFixtures",
)
VENDORED = ("vendor", "node_modules", "third_party", "site-packages")
"""Code of others: its migrations are no part of this schema's history."""
_OTHER_DATABASES = (
    *("mysql", "mariadb", "sqlite", "sqlite3", "mssql", "sqlserver", "oracle", "h2", "hsqldb", "cockroach"),
    *("clickhouse", "cockroachdb", "db2", "clickHouse", "ClickHouse", "ms_sql", "mssqlserver", "spanner", "duckdb"),
    *("MySql", "Sqlite", "SqlServer", "Oracle", "scylla", "cassandra", "bigquery", "snowflake"),
)
_PICTURES = (
    *("**/structure.sql", "**/*_structure.sql", "**/schema.rb", "**/*_schema.rb", "**/schema.sql"),
    *("**/schema.prisma", "**/prisma/schema/**/*.prisma", "**/db/schema_migrations/**", "**/schema_dump.sql"),
    *(
        "**/schema-dump.sql",
        "**/database/dump.sql",
        "**/db/dump.sql",
        "**/*ModelSnapshot.cs",
        "**/Migrations/**/*.Designer.cs",
    ),
    *("**/migrations/meta/**", "**/drizzle/meta/**", "**/drizzle/**/meta/**", "**/.snapshot-*.json"),
    *("**/database/schema/*-schema.sql", "**/database/schema/*-schema.dump", "**/supabase/schemas/**/*.sql"),
    *("**/schema.hcl", "**/*.pg.hcl", "**/schema/**/*.hcl", "**/.sqlx/query-*.json", "**/sqlx-data.json", "**/*.dbml"),
    *("**/drizzle/**/snapshot.json", "**/migrations/**/snapshot.json", "**/database.types.ts", "**/types_db.ts"),
    *("**/supabase/types.ts", "**/supabase.types.ts", "**/types/supabase.ts", "**/*database*.types.ts"),
)
"""The whole schema, as a tool writes it after each migration."""
_LISTS = (
    *("**/max_migration.txt", "**/migrations_lockfile.txt", "**/migrations.list", "**/sqitch.plan", "**/atlas.sum"),
    *("**/*changelog-master.*", "**/*changelog.master.*", "**/changelog/master.*", "**/liquibase/master.*"),
    *("**/migration_lock.toml", "**/db.changelog.xml", "**/db.changelog.yaml", "**/db.changelog.yml"),
    *("**/migration/src/lib.rs", "**/migrations/**/mod.rs", "**/migrations/src/lib.rs", "**/migration/src/main.rs"),
    *(f"**/{folder}/index.{suffix}" for folder in ("migrations", "migration") for suffix in ("ts", "js", "mjs", "cjs")),
    *(f"**/migrations/**/{name}.go" for name in ("embed", "embedded", "fs", "doc")),
    *("**/migrations/current.sql", "**/migrations/current/**", "**/.formatter.exs"),
)
"""The names of the migrations, what packs their folder, and what somebody is still trying out."""

_SETTINGS = (
    *("**/alembic.ini", "**/flyway.conf", "**/flyway.toml", "**/liquibase.properties", "**/sqitch.conf"),
    *("**/flyway*.conf", "**/*.sql.conf", "**/knexfile.*", "**/.sequelizerc", "**/dbconfig.yml"),
    *("**/atlas.hcl", "**/diesel.toml", "**/drizzle.config.*", "**/sqlc.yaml", "**/sqlc.yml", "**/sqlc.json"),
)
"""How tools that work on the schema are set up: the application does not read them."""
_DOCUMENTS = (
    *("**/docs/source/**", "**/docs/conf.py", "**/docs/Makefile", "**/docs/make.bat"),
    *(
        f"**/{folder}/**/*.{suffix}"
        for folder in ("docs", "doc")
        for suffix in ("yml", "yaml", "json", "txt", "html", "css", "puml", "mmd", "drawio", "csv", "pdf")
    ),
)
"""Documents of one project of several; code in a folder of that name there may well be about documents."""
_SEEDS = (
    *("**/db/seeds.rb", "**/db/seeds/**", "**/db/seeders/**", "**/database/seeds/**", "**/database/seeders/**"),
    *("**/database/factories/**", "**/prisma/seed.*", "**/prisma/seed/**", "**/priv/*/seeds.exs"),
    *("**/priv/*/seeds/**", "/seeds/**", "**/seeders/**", "**/knex/seeds/**", "**/supabase/seeds/**"),
    *(f"**/{folder}/seed.*" for folder in ("db", "database", "drizzle")),
    *(f"**/{folder}/seed/**" for folder in ("db", "database", "drizzle")),
)
"""Rows for an empty database, and how tests make rows: nothing of it runs in the application."""

DEFAULTS: Mapping[FileClass, tuple[str, ...]] = {
    FileClass.NEUTRAL: (
        *(
            "*.md",
            "*.mdx",
            "*.rst",
            "*.adoc",
            "docs/**",
            "doc/**",
            *_DOCUMENTS,
            "LICENSE*",
            "NOTICE*",
            "CHANGELOG*",
            "AUTHORS*",
        ),
        *("**/db/docs/**", "**/docs/img/**", "**/docs/images/**", "*.po", "*.pot", "**/supabase/seed.sql"),
        *(
            "CODEOWNERS",
            "**/.github/**",
            "**/.gitlab/**",
            ".gitlab-ci.yml",
            "**/.circleci/**",
            "**/.buildkite/**",
            "Jenkinsfile",
        ),
        *("azure-pipelines.yml", "bitbucket-pipelines.yml", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml"),
        *(
            ".gitignore",
            ".gitattributes",
            ".editorconfig",
            "**/.vscode/**",
            "**/.idea/**",
            "**/.devcontainer/**",
            "migrator.toml",
        ),
        *("*.lock", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum", "packages.lock.json"),
        *("*.lockb", "*.lockfile"),
        # what checks, formats and tests the code
        *(".eslintrc*", "eslint.config.*", ".prettierrc*", "prettier.config.*", "biome.json*", ".stylelintrc*"),
        *("jest.config.*", "vitest.config.*", "vitest.workspace.*", "playwright.config.*", "cypress.config.*"),
        *("renovate.json*", ".renovaterc*", ".lintstagedrc*", "commitlint.config.*", "**/.husky/**", ".credo.exs"),
        *(".golangci.y*ml", ".mockery.y*ml", "rustfmt.toml", ".rustfmt.toml", "clippy.toml", ".clippy.toml"),
        *("codecov.y*ml", ".codecov.y*ml", "sonar-project.properties", ".nycrc*", "**/.storybook/**"),
        # TypeScript's declarations: nothing of them runs
        "*.d.ts",
        *(*tools.CHECKERS, *tools.NOTES, *tools.TRANSLATIONS, *tools.DECLARATIONS, *tools.BESIDE_MIGRATIONS),
        *("*.png", "*.jpg", "*.jpeg", "*.gif", "*.webp", "*.ico", "*.svg"),
        # parts of a migrations folder that change no schema
        *("**/migrations/**/__init__.py", "**/migrations/**/.gitkeep", "**/migrate/.rubocop.yml", *_LISTS),
        *("**/alembic/env.py", "**/alembic/script.py.mako", "**/migrations/env.py", "**/migrations/script.py.mako"),
        *_SETTINGS,
        *("**/changelog.d/**", "**/changelogs/unreleased/**", "**/newsfragments/**", "**/.changeset/**"),
        *("**/.env.example", "**/.env.sample", "**/.env.template", "**/.env.dist"),
        *(f"**/migrations/**/{name}/**/*.sql" for name in _OTHER_DATABASES),
        *(f"**/migration/**/{name}/**/*.sql" for name in _OTHER_DATABASES),
        *(f"**/{name}/**/migrations/**/*.sql" for name in _OTHER_DATABASES),
        *(f"**/{name}/migrate/**/*.sql" for name in _OTHER_DATABASES),
        *(f"**/*.{name}.*.sql" for name in _OTHER_DATABASES),
        *(f"**/*.{name}.sql" for name in _OTHER_DATABASES),
    ),
    FileClass.MIGRATION: (
        *(
            "**/migrations/**",
            "**/*_migrations/**",
            "**/*-migrations/**",
            "**/migrate/**/*.sql",
            "**/migration/**/*.sql",
        ),
        *("**/Migrations/**/*.cs", "**/db/migration/**"),
        *("**/db/migrate/**", "**/db/post_migrate/**", "**/db/*_migrate/**", "**/alembic/versions/**/*.py"),
        *("**/versions/[0-9a-f]*_*.py", "**/priv/*/migrations/**", "**/database/migrations/**"),
        *("**/V[0-9]*__*.sql", "**/U[0-9]*__*.sql", "**/R__*.sql", "**/B[0-9]*__*.sql", "**/*.up.sql", "**/*.down.sql"),
        *("**/changelog/**/*.xml", "**/changelog/**/*.yaml", "**/changelog/**/*.yml", "**/changelog/**/*.sql"),
        *("**/changelog/**/*.json", "**/db.changelog*", "**/drizzle/**/*.sql", "**/META-INF/*changelog*.xml"),
        *(f"**/liquibase/**/*.{suffix}" for suffix in ("xml", "yaml", "yml", "json", "sql")),
        *("**/deploy/**/*.sql", "**/revert/**/*.sql", "**/verify/**/*.sql", "**/conf/evolutions/**/*.sql"),
        *(f"**/{letter}[0-9]*__*.{suffix}" for letter in "VU" for suffix in ("java", "kt", "scala", "groovy")),
        *("**/R__*.java", "**/R__*.kt", "**/migration/**/[0-9]*.ts", "**/migration/**/[0-9]*.js"),
        *("**/m[0-9]*_*.rs", "**/db/data/[0-9]*.rb"),
        *tools.MIGRATIONS,
        *(f"**/db/{folder}/**/*_v[0-9]*.sql" for folder in ("views", "functions", "triggers")),
        *(f"!**/{folder}/**" for folder in _TEST_FOLDERS),
        *("!**/test_migrations/**", "!**/migrations/**/test_*.py", "!**/migrations/**/*_test.*", "!**/*.test.ts"),
        *(f"!{pattern}" for pattern in (*_PICTURES, *tools.NO_MIGRATIONS)),
        *(f"!**/{folder}/**" for folder in VENDORED),
    ),
    FileClass.SNAPSHOT: _PICTURES,
    FileClass.MODEL: (
        *("**/models.py", "**/models/**/*.py", "**/app/models/**/*.rb", "**/entities/**", "**/entity/**"),
        *("**/Entity/**/*.php", "**/Entities/**/*.php"),
        *("**/*.entity.ts", "**/*.model.ts", "**/models/**/*.ts", "**/models/**/*.js", "**/app/Models/**/*.php"),
        *(
            "**/Entities/**/*.cs",
            "**/Models/**/*.cs",
            "**/db/schema.ts",
            "**/db/schema/**/*.ts",
            "**/drizzle/schema.ts",
        ),
        *(
            "**/ent/schema/*.go",
            "**/models.go",
            "**/models/**/*.go",
            "**/src/schema.rs",
        ),
        *("**/src/schema/*.ts", "**/src/schema.ts"),
        *(f"!**/{folder}/**" for folder in _TEST_FOLDERS),
    ),
    FileClass.TEST: (
        *(f"**/{folder}/**" for folder in _TEST_FOLDERS),
        *(
            "**/tests.py",
            "**/test_*.py",
            "**/*_test.py",
            "**/conftest.py",
            "**/*_test.go",
            "**/*_test.rb",
            "**/*_spec.rb",
        ),
        *(
            "**/*_test.exs",
            "**/*.test.*",
            "**/*.spec.*",
            "**/*Test.java",
            "**/*Tests.java",
            "**/*Test.kt",
            "**/*Test.php",
        ),
        *("**/src/*Test/**", "**/src/it/**", "**/src/testFixtures/**", "**/*IT.java", "**/*IT.kt", "**/*Tests.kt"),
        *("**/*Spec.groovy", "**/*Spec.scala", "**/*Spec.kt", "**/*Test.scala", "**/*.stories.*", "**/tests.rs"),
        *("**/*.Tests.*/**", "**/*Test/**/*.cs", "**/*Tests/**/*.cs", "**/*Test.cs"),
        *("**/test_migrations/**", "**/*.Tests/**", "**/*.UnitTests/**", "**/*.IntegrationTests/**", "**/*Tests.cs"),
        *(*_SEEDS, *tools.TESTS),
    ),
}
"""The order is the order of the question: the first class that matches is the file's."""
