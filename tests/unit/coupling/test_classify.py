"""What files are, in the projects that people have."""

import pytest

from migrator.config.coupling import CouplingSection
from migrator.coupling.classify import Classifier
from migrator.coupling.evidence import FileClass

NEUTRAL, MIGRATION, SNAPSHOT, MODEL, TEST, APP = FileClass


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("migrations/20260901_x/expand.sql", MIGRATION),
        ("migrations/20260901_x/migration.toml", MIGRATION),
        ("shop/migrations/0002_mail.py", MIGRATION),
        ("shop/migrations/__init__.py", NEUTRAL),
        ("alembic/versions/3f2a_mail.py", MIGRATION),
        ("alembic/env.py", NEUTRAL),
        ("src/db/alembic/versions/2024/ab12_x.py", MIGRATION),
        ("db/migrate/20260901_add_mail.rb", MIGRATION),
        ("db/post_migrate/20260901_drop_mail.rb", MIGRATION),
        ("db/schema.rb", SNAPSHOT),
        ("db/structure.sql", SNAPSHOT),
        ("prisma/migrations/20260901_x/migration.sql", MIGRATION),
        ("prisma/migrations/migration_lock.toml", NEUTRAL),
        ("prisma/schema.prisma", SNAPSHOT),
        ("src/main/resources/db/migration/V12__mail.sql", MIGRATION),
        ("sql/R__views.sql", MIGRATION),
        ("store/postgres/000012_mail.up.sql", MIGRATION),
        ("rust/cyclotron-node-migrations/0001.sql", MIGRATION),
        ("snuba/snuba_migrations/events/0001.py", MIGRATION),
        ("priv/repo/migrations/20260901_x.exs", MIGRATION),
        ("database/migrations/2026_09_01_x.php", MIGRATION),
        ("drizzle/0001_x.sql", MIGRATION),
        ("drizzle/meta/0001_snapshot.json", SNAPSHOT),
        ("shop/models.py", MODEL),
        ("app/models/user.rb", MODEL),
        ("tests/test_users.py", TEST),
        ("tests/migrations/0001.py", TEST),
        ("src/tests/fixtures/world.sql", TEST),
        ("web/cart.spec.ts", TEST),
        ("shop/test_migrations/test_1.py", TEST),
        ("src/shop/users.py", APP),
        ("sql/report.sql", APP),
        ("mydb/x.sql", APP),
        ("src/migrations.py", APP),
        ("pyproject.toml", APP),
        ("README.md", NEUTRAL),
        ("migrations/README.md", NEUTRAL),
        (".github/workflows/ci.yml", NEUTRAL),
        ("poetry.lock", NEUTRAL),
        ("größe/Übersicht.py", APP),
    ],
)
def test_the_usual_projects(path: str, expected: FileClass) -> None:
    assert Classifier(CouplingSection()).file_class(path) is expected


def test_a_projects_own_patterns_win() -> None:
    policy = CouplingSection(
        migration=("schema/*.sql", "!migrations/seeds/**"),
        neutral=("tools/**",),
        app=("docs/site/**",),
        test=("qa/**",),
    )
    classifier = Classifier(policy)
    for path, expected in (
        ("schema/1.sql", MIGRATION),
        ("migrations/1.sql", MIGRATION),
        ("migrations/seeds/1.sql", APP),
        ("tools/x.py", NEUTRAL),
        ("docs/site/index.py", APP),
        ("docs/a.html", NEUTRAL),
        ("qa/models.py", TEST),
    ):
        assert classifier.file_class(path) is expected, path
