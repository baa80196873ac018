"""A plan says which rows a hand-written UPDATE or DELETE changes, and what to write instead on a large table."""

from migrator.pg.connection import connect
from migrator.phases.losses import losses_of
from migrator.phases.plan import plan
from tests.fix_app import ROWS, Shop
from tests.phases.looking import scalar

FILE = """
UPDATE public.users SET name = 'x' WHERE id <= 7;
DELETE FROM public.orders WHERE false;
UPDATE public.big SET a = a + 1 WHERE a > 0;
DELETE FROM public.big WHERE a > 0;
MERGE INTO public.users u USING public.orders o ON u.id = o.user_id WHEN MATCHED THEN UPDATE SET name = 'y';
ALTER TABLE public.users ADD COLUMN fresh text;
UPDATE public.users SET fresh = name;
DO $$ BEGIN UPDATE public.users SET name = 'z' WHERE id = 1; END $$;
"""


def test_what_rows_are_changed_is_told_and_not_asked_about(shop: Shop) -> None:
    migration = shop.write("m", expand=FILE)
    with connect(shop.dsn) as connection:
        connection.execute("CREATE TABLE big AS SELECT n AS a FROM generate_series(1, 20000) n")
        connection.execute("ANALYZE users, orders, big")
        items = plan(migration, connection, 17)
        assert losses_of(connection, migration, "expand") == ()
        assert scalar(connection, "SELECT count(*) FROM users WHERE name = 'x'") == 0
    told = [(change.verb, str(change.table), change.rows) for item in items for change in item.changes]
    few, none, update, delete, merge, new, block = told
    assert few == ("UPDATE", "public.users", 7)
    assert none[:2] == ("DELETE", "public.orders")
    assert (update[:2], delete[:2]) == (("UPDATE", "public.big"), ("DELETE", "public.big"))
    assert all(abs((rows or 0) - 20000) < 100 for *_, rows in (update, delete))
    assert merge[:2] == ("MERGE", "public.users")
    assert new == ("UPDATE", "public.users", ROWS), "the column is not there yet: all rows"
    assert block[:2] == ("UPDATE", "public.users")
    advice = [change.advice for item in items for change in item.changes]
    assert [bool(text) for text in advice] == [False, False, True, True, False, False, False]
    assert "[[backfill]] with set and where" in advice[2]
    assert "[[backfill]] with delete = true and where" in advice[3]
    assert str(items[6].changes[0]) == (
        f"changes data: UPDATE of at most about {ROWS} rows of public.users; no abort brings the old values back"
    )


def test_without_a_database_it_says_at_least_that(one_shop: Shop) -> None:
    (item,) = plan(one_shop.write("m", expand="DELETE FROM log WHERE day < '2020-01-01';"), None, 17)
    assert [str(change) for change in item.changes] == [
        "changes data: DELETE of rows of public.log; no abort brings the old rows back"
    ]
