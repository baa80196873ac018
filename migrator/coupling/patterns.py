"""What files are by their names, in the projects that most people have: Django, Alembic, Rails, Prisma, Flyway, SQL.

Patterns of gitignore's form; within one class the last match decides and `!` takes a file out. A project's own
patterns are added behind these.
"""

from collections.abc import Mapping

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
)

DEFAULTS: Mapping[FileClass, tuple[str, ...]] = {
    FileClass.NEUTRAL: (
        *("*.md", "*.rst", "*.adoc", "docs/**", "doc/**", "LICENSE*", "NOTICE*", "CHANGELOG*", "AUTHORS*"),
        *("CODEOWNERS", ".github/**", ".gitlab/**", ".gitlab-ci.yml", ".circleci/**", ".buildkite/**", "Jenkinsfile"),
        *("azure-pipelines.yml", "bitbucket-pipelines.yml", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml"),
        *(
            ".gitignore",
            ".gitattributes",
            ".editorconfig",
            ".vscode/**",
            ".idea/**",
            ".devcontainer/**",
            "migrator.toml",
        ),
        *("*.lock", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum", "packages.lock.json"),
        *("*.png", "*.jpg", "*.jpeg", "*.gif", "*.webp", "*.ico"),
        # parts of a migrations folder that change no schema
        *("**/migrations/**/__init__.py", "**/migrations/**/.gitkeep", "**/migration_lock.toml", "**/atlas.sum"),
        *("**/alembic/env.py", "**/alembic/script.py.mako", "**/migrations/env.py", "**/migrations/script.py.mako"),
        "**/migrations/alembic.ini",
    ),
    FileClass.MIGRATION: (
        *(
            "**/migrations/**",
            "**/*_migrations/**",
            "**/*-migrations/**",
            "**/migrate/**/*.sql",
            "**/migration/**/*.sql",
        ),
        *("**/db/migrate/**", "**/db/post_migrate/**", "**/db/*_migrate/**", "**/alembic/versions/**/*.py"),
        *("**/versions/[0-9a-f]*_*.py", "**/priv/*/migrations/**", "**/database/migrations/**"),
        *("**/V[0-9]*__*.sql", "**/U[0-9]*__*.sql", "**/R__*.sql", "**/B[0-9]*__*.sql", "**/*.up.sql", "**/*.down.sql"),
        *("**/changelog/**/*.xml", "**/changelog/**/*.yaml", "**/changelog/**/*.yml", "**/changelog/**/*.sql"),
        *("**/changelog/**/*.json", "**/db.changelog*", "**/drizzle/*.sql", "**/sqitch.plan"),
        *(f"!**/{folder}/**" for folder in _TEST_FOLDERS),
        *("!**/test_migrations/**", "!**/migrations/**/test_*.py", "!**/migrations/**/*_test.*", "!**/*.test.ts"),
        *(
            "!**/schema.sql",
            "!**/structure.sql",
            "!**/schema.prisma",
            "!**/node_modules/**",
            "!**/data_migrations/*.md",
        ),
    ),
    FileClass.SNAPSHOT: (
        *("**/structure.sql", "**/*_structure.sql", "**/schema.rb", "**/*_schema.rb", "**/schema.sql"),
        *("**/schema.prisma", "**/prisma/schema/**/*.prisma", "**/db/schema_migrations/**", "**/drizzle/meta/**"),
        *("**/schema_dump.sql", "**/schema-dump.sql", "**/max_migration.txt"),
    ),
    FileClass.MODEL: (
        *("**/models.py", "**/models/**/*.py", "**/app/models/**/*.rb", "**/entities/**", "**/entity/**"),
        *("**/*.entity.ts", "**/*.model.ts", "**/models/**/*.ts", "**/models/**/*.js", "**/app/Models/**/*.php"),
        *(f"!**/{folder}/**" for folder in _TEST_FOLDERS),
    ),
    FileClass.TEST: (
        *(f"**/{folder}/**" for folder in _TEST_FOLDERS),
        *("**/test_*.py", "**/*_test.py", "**/conftest.py", "**/*_test.go", "**/*_test.rb", "**/*_spec.rb"),
        *(
            "**/*_test.exs",
            "**/*.test.*",
            "**/*.spec.*",
            "**/*Test.java",
            "**/*Tests.java",
            "**/*Test.kt",
            "**/*Test.php",
        ),
        "**/test_migrations/**",
    ),
}
"""The order is the order of the question: the first class that matches is the file's."""
