"""The plan with a database at hand: what rewrites and scans is told by the columns that are there, not guessed."""

from migrator.pg.connection import connect
from migrator.phases.plan import PlannedStatement, plan
from migrator.statements.effects import Fact
from tests.fix_app import Shop
from tests.phases.scenes import CONTRACT

EXPAND = """
ALTER TABLE public.users ALTER COLUMN code TYPE varchar(20);
ALTER TABLE public.users ALTER COLUMN code TYPE varchar(10);
ALTER TABLE public.users ALTER COLUMN code SET NOT NULL;
ALTER TABLE public.users ALTER COLUMN proven SET NOT NULL;
ALTER TABLE public.users ADD COLUMN fresh varchar(5);
"""
MIGRATE = """
ALTER TABLE public.users ALTER COLUMN fresh TYPE text;
ALTER TABLE public.users ALTER COLUMN fresh TYPE int USING fresh::int;
"""


def test_the_catalog_tells_what_the_text_cannot(one_shop: Shop) -> None:
    with connect(one_shop.dsn) as connection:
        connection.execute("ALTER TABLE users ADD COLUMN code varchar(10), ADD COLUMN proven int")
        connection.execute("ALTER TABLE users ADD CONSTRAINT present CHECK (proven IS NOT NULL) NOT VALID")
        connection.execute("UPDATE users SET proven = 1")
        connection.execute("ALTER TABLE users VALIDATE CONSTRAINT present")
        files = {"expand": EXPAND, "migrate": MIGRATE, "abort": "ALTER TABLE public.users DROP COLUMN fresh;"}
        migration = one_shop.write("m", manifest=CONTRACT, **files)
        known = plan(migration, connection, 17)
        guessed = plan(migration, None, connection.info.server_version // 10_000)
    no, yes = Fact.NO, Fact.YES
    assert [item.rewrite for item in known] == [no, yes, no, no, no, no, yes, no]
    assert [item.scan for item in known[2:4]] == [yes, no]
    assert [item.missing for item in known] == [()] * 8
    assert [item.rewrite for item in guessed][:2] == [Fact.UNKNOWN] * 2
    assert [_outline(item) for item in known] == [_outline(item) for item in guessed]


def _outline(item: PlannedStatement) -> tuple[str, int, str, object]:
    return item.phase, item.step, item.sql, item.lock_class
