"""Django's and Alembic's migrations, read from their syntax tree."""

import pytest

from migrator.coupling.frameworks import read_framework_file

DJANGO = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("shop", "0001")]
    operations = [{}]
"""
ALEMBIC = """
from alembic import op
import sqlalchemy as sa
def upgrade() -> None:
    {}
def downgrade():
    op.drop_table("never")
"""


def read(text: str, path: str = "src/shop/migrations/0002_mail.py") -> tuple[list[str], list[str], bool] | None:
    file = read_framework_file(path, lambda _: text)
    if file is None:
        return None
    return [str(item) for item in file.adds], [str(item) for item in file.removes], bool(file.mixed)


@pytest.mark.parametrize(
    ("operation", "adds", "removes", "is_mixed"),
    [
        ('migrations.AddField("User", "mail", models.TextField())', ["shop_user.mail"], [], False),
        (
            'migrations.AddField(model_name="user", name="boss", field=models.ForeignKey("x", on_delete=1))',
            ["shop_user.boss_id"],
            [],
            False,
        ),
        ('migrations.AddField("user", "groups", models.ManyToManyField("x"))', [], [], False),
        ('migrations.RemoveField("user", "mail")', [], ["shop_user.mail", "shop_user.mail_id"], False),
        (
            'migrations.RenameField("user", "mail", "email")',
            ["shop_user.email"],
            ["shop_user.mail", "shop_user.mail_id"],
            True,
        ),
        ('migrations.CreateModel(name="Order", fields=[])', ["shop_order"], [], False),
        ('migrations.DeleteModel("Order")', [], ["shop_order"], False),
        ('migrations.RunSQL("ALTER TABLE users DROP COLUMN mail")', [], ["users.mail"], False),
        ('migrations.AddIndex("user", index=x)', [], [], False),
        (
            'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("user", "mail")])',
            [],
            [],
            False,
        ),
    ],
)
def test_django(operation: str, adds: list[str], removes: list[str], is_mixed: bool) -> None:
    expected = ([f"public.{name}" for name in adds], [f"public.{name}" for name in removes], is_mixed)
    assert read(DJANGO.format(operation)) == expected


@pytest.mark.parametrize(
    ("body", "adds", "removes"),
    [
        ('op.add_column("users", sa.Column("mail", sa.Text()))', ["users.mail"], []),
        ('op.drop_column("users", "mail")', [], ["users.mail"]),
        ('op.alter_column("users", "mail", new_column_name="email")', ["users.email"], ["users.mail"]),
        ('op.alter_column("users", "mail", nullable=False)', [], []),
        ('op.create_table("orders", sa.Column("id", sa.Integer()))', ["orders"], []),
        ('op.drop_table("orders")', [], ["orders"]),
        ('op.execute(sa.text("DROP TABLE orders"))', [], ["orders"]),
        ('op.create_index("i", "users", ["mail"])', [], []),
        ("pass", [], []),
    ],
)
def test_alembic(body: str, adds: list[str], removes: list[str]) -> None:
    found = read(ALEMBIC.format(body), "alembic/versions/1_mail.py")
    assert found is not None
    assert found[:2] == ([f"public.{name}" for name in adds], [f"public.{name}" for name in removes])


@pytest.mark.parametrize(
    "text",
    [
        DJANGO.format("custom.DropEverything()"),
        DJANGO.format('migrations.RunSQL("ALTER {{ x }}")'),
        DJANGO.format("*more()"),
        ALEMBIC.format("op.execute(statement)"),
        ALEMBIC.format('op.something("users")'),
        "print('no migration')",
        "def broken(",
        "\0",
    ],
)
def test_what_cannot_be_told_is_not_told(text: str) -> None:
    assert read(text) is None
