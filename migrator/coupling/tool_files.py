"""Names of files that tools of Python, Ruby and PHP keep in a repository; `patterns` gives them their class.

What checks the code, says what changed or translates a text does not run beside the schema. Seeds and factories fill
tests. Frameworks name their migrations, and have code in folders of that name that is none.
"""

CHECKERS = (
    *(".coveragerc", ".flake8", ".pylintrc", "pylintrc", "mypy.ini", ".mypy.ini", "pyrightconfig.json", "ruff.toml"),
    *(".ruff.toml", "tox.ini", "noxfile.py", "pytest.ini", ".isort.cfg", ".bandit", ".yamllint*", ".importlinter"),
    *(".rubocop*.yml", ".erb_lint.yml", ".erb-lint.yml", ".haml-lint*.yml", ".reek.yml", ".rspec", ".simplecov"),
    *(".overcommit.yml", "Dangerfile", "Guardfile", "**/config/brakeman.*", "**/config/database_consistency.yml"),
    *("phpstan*.neon*", "psalm*.xml*", "phpunit*.xml*", "phpcs*.xml*", "phpmd*.xml*", ".php-cs-fixer*", ".php_cs*"),
    *("pint.json", "rector.php", ".styleci.yml", "infection.json*", "deptrac*.yaml", "deptrac*.yml", "ecs.php"),
    *(
        ".travis.yml",
        ".drone.yml",
        ".woodpecker.yml",
        "**/.woodpecker/**",
        ".zuul.yaml",
        "**/.zuul.d/**",
        "appveyor.yml",
    ),
    *(
        "**/.forgejo/**",
        "**/.gitea/**",
        "**/.semaphore/**",
        ".codeclimate.yml",
        ".scrutinizer.yml",
        "**/.dependabot/**",
    ),
    *(".mailmap", ".git-blame-ignore-revs", ".dockerignore", "mkdocs.y*ml", ".readthedocs.y*ml"),
)
"""What checks, formats, tests and builds the code elsewhere."""
_NEWS = ("feature", "bugfix", "removal", "deprecation", "doc", "misc", "security", "breaking", "change", "improvement")
NOTES = (
    *("**/releasenotes/notes/**", "/CHANGES/**", "/news/*.*", "**/.changes/**", "**/changelog_unreleased/**"),
    *("**/.chloggen/**", "/changes/*.*"),
    *(f"**/{folder}/*.{kind}" for folder in ("news", "CHANGES", "changes") for kind in _NEWS),
)
"""One file for each line of a change log."""
TRANSLATIONS = (
    *("*.mo", "*.xlf", "*.xliff", "*.ftl", "*.xcstrings", "**/*.lproj/**", "**/res/values-*/**"),
    *("**/messages*.properties", "**/*Messages*.properties", "**/*Bundle*.properties", "**/*_[a-z][a-z].properties"),
    *("**/*_[a-z][a-z]_[A-Z][A-Z].properties", "**/*.[a-z][a-z].resx", "**/*.[a-z][a-z]-[A-Z][A-Z].resx"),
    *("**/config/locales/**/*.yml", "**/config/locales/**/*.yaml"),
    *(
        f"**/{folder}/**/*.{suffix}"
        for folder in ("locale", "locales", "i18n", "l10n", "translations", "lang", "langs")
        for suffix in ("json", "yml", "yaml", "php", "properties", "arb", "resx", "strings")
    ),
)
"""Texts in other languages."""
DECLARATIONS = ("*.rbi", "*.rbs", "*.pyi", "**/_ide_helper*.php", "**/.phpstorm.meta.php")
"""Types for editors and checkers: nothing of them runs."""
TESTS = (
    *("**/*_tests/**", "**/tests_*/**", "**/features/**/*.feature", "**/features/steps/**", "**/features/support/**"),
    *("**/features/step_definitions/**", "**/features/bootstrap/**", "**/factories.py", "**/Database/Seeders/**"),
    *("**/Database/Seeds/**", "**/Database/Factories/**", "**/Database/factories/**", "**/db/fixtures/**"),
)
BESIDE_MIGRATIONS = (
    *("**/migrations/**/README*", "**/alembic/README*", "**/migrations/**/*.txt", "**/versions/HEAD*"),
    *("**/versions/*_HEAD", "**/migrations/**/script.py.mako", "**/migrations/**/.rubocop.yml"),
)
"""Files in a folder of migrations that change no schema."""
MIGRATIONS = (
    *("**/migrations_*/**/*.py", "**/piccolo_migrations/**/*.py", "**/db/migrate_*/**/*.rb"),
    *("**/Migrations/**/Version*.php", "**/Migrations/**/[0-9]*.php", "**/Migrations/**/Migration[0-9]*.php"),
    *("**/Migrations/**/[mM][0-9]*.php", "**/Migration/**/Version[0-9]*.php", "**/Migration/**/Migration[0-9]*.php"),
)
_CODE_FOLDERS = (
    *("controllers", "services", "views", "helpers", "jobs", "workers", "mailers", "serializers", "policies"),
    *("components", "models", "graphql", "Http", "Services", "Jobs", "Console", "Livewire", "Models", "Actions"),
)
NO_MIGRATIONS = (
    *(f"**/app/{folder}/**/*.{suffix}" for folder in _CODE_FOLDERS for suffix in ("rb", "php")),
    *(
        f"**/migrations/**/*.{suffix}"
        for suffix in ("erb", "haml", "slim", "vue", "svelte", "tsx", "jsx", "css", "scss", "html", "twig")
    ),
)
"""Code in a folder that is called migrations, because moving something is its subject."""
