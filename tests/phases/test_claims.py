"""Several migrations open at once: each table has one of them, or several that build on each other."""

import threading

import pytest

from migrator.errors import InvalidTransition, ManifestError, TableClaimed
from migrator.names import TableName
from migrator.pg.connection import connect
from migrator.pg.driver import errors
from migrator.phases.claims import claimed_tables
from migrator.state import claims
from migrator.state.store import Store
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.phases.scenes import CONTRACT, NICK, depends, held, with_every_phase

AGE = "ALTER TABLE public.users ADD COLUMN age int;"
NOTE = "ALTER TABLE public.orders ADD COLUMN note text;"


def test_two_migrations_of_one_table(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    other = one_shop.write("other", expand=AGE)
    engine.expand(first)
    assert held(one_shop) == {"users": "m", "orders": "m"}
    for run in (engine.expand, engine.expand):
        with pytest.raises(TableClaimed, match=r"other works on public.users, which m \(expanded\) holds") as caught:
            run(other)
        assert "depends_on" in caught.value.todo
    assert one_shop.state("other") == "pending"
    engine.migrate(first)
    with pytest.raises(TableClaimed, match=r"m \(migrated\)"):
        engine.expand(other)
    engine.contract(first)
    assert held(one_shop) == {}
    assert engine.expand(other).after is State.EXPANDED


def test_out_of_order_where_tables_differ(one_shop: Shop) -> None:
    engine = one_shop.engine()
    engine.expand(one_shop.write("0002_late", expand=NICK))
    assert engine.expand(one_shop.write("0001_early", expand=NOTE)).after is State.EXPANDED
    assert held(one_shop) == {"users": "0002_late", "orders": "0001_early"}


def test_an_abort_gives_the_tables_back_and_a_new_expand_takes_them_again(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    other = one_shop.write("other", expand=AGE, abort="ALTER TABLE public.users DROP COLUMN age;")
    engine.expand(first)
    engine.abort(first)
    engine.expand(other)
    with pytest.raises(TableClaimed, match=r"m works on public\.users, which other"):
        engine.expand(first)
    assert one_shop.state("m") == "aborted"
    engine.abort(other)
    assert engine.expand(first).after is State.EXPANDED


def test_those_that_build_on_each_other_share_a_table(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    one_shop.write("second", expand=AGE, manifest=depends("m") + CONTRACT, contract="SELECT 1;")
    one_shop.write("third", expand="ALTER TABLE public.users ADD COLUMN t int;", manifest=depends("second"))
    stranger = one_shop.write("stranger", expand="ALTER TABLE public.users ADD COLUMN s int;", manifest=depends("m"))
    engine.expand(first)
    engine.migrate(first)
    engine.expand(one_shop.migration("second"))
    assert held(one_shop)["users"] == "m second"
    with pytest.raises(TableClaimed, match=r"stranger works on public.users, which second"):
        engine.expand(stranger)
    engine.migrate(one_shop.migration("second"))
    engine.expand(one_shop.migration("third"))
    assert held(one_shop)["users"] == "m second third"
    engine.contract(first)
    assert held(one_shop) == {"users": "second third"}, "who stood behind moves up"
    with pytest.raises(TableClaimed):
        engine.expand(stranger)
    engine.migrate(one_shop.migration("third"))
    assert held(one_shop) == {"users": "second"}


def test_an_abort_waits_for_those_that_build_on_it(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    second = one_shop.write(
        "second", expand=AGE, manifest=depends("m"), abort="ALTER TABLE public.users DROP COLUMN age;"
    )
    engine.expand(first)
    engine.migrate(first)
    engine.expand(second)
    with pytest.raises(InvalidTransition, match=r"second \(expanded\) builds on m"):
        engine.abort(first)
    engine.abort(second)
    assert engine.abort(first).after is State.ABORTED


def test_a_contract_that_was_written_later_claims_what_it_touches(one_shop: Shop) -> None:
    engine = one_shop.engine()
    first = one_shop.write("m", expand=NICK, manifest=CONTRACT)
    engine.expand(first)
    engine.migrate(first)
    engine.expand(one_shop.write("other", expand=NOTE))
    one_shop.write("m", expand=NICK, manifest=CONTRACT, contract="ALTER TABLE public.orders DROP COLUMN amount;")
    with pytest.raises(TableClaimed, match=r"m works on public\.orders, which other"):
        engine.contract(one_shop.migration("m"))
    assert one_shop.state("m") == "ready"
    engine.migrate(one_shop.migration("other"))
    assert engine.contract(one_shop.migration("m")).after is State.COMPLETE


def test_a_second_chain_of_one_table_cannot_be_written(one_shop: Shop) -> None:
    """Whatever a tool or a hand does: the database holds one holder per table and place."""
    one_shop.engine().expand(one_shop.write("m", expand=NICK))
    with connect(one_shop.dsn) as connection:
        Store(connection, "test").open("other", {}, None)
        with pytest.raises(errors.UniqueViolation):
            connection.execute("INSERT INTO migrator.claim VALUES ('other', 'public', 'users', '')")


def test_of_many_at_once_one_gets_the_table(one_shop: Shop) -> None:
    won: list[str] = []
    lost: list[str] = []
    ready = threading.Barrier(4)

    def run(name: str) -> None:
        with connect(one_shop.dsn) as connection:
            store = Store(connection, name)
            store.open(name, {}, None)
            ready.wait(20)
            try:
                with connection.transaction():
                    store.claim(name, [TableName("public", "users"), TableName("public", f"own_{name}")], ())
                won.append(name)
            except TableClaimed:
                lost.append(name)

    threads = [threading.Thread(target=run, args=(f"m{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 3)
    assert held(one_shop) == {"users": won[0], f"own_{won[0]}": won[0]}, "who lost holds nothing"


def test_claims_that_an_older_tool_left_behind(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), one_shop.write("m", expand=NICK)
    engine.expand(first)
    with connect(one_shop.dsn) as connection:  # as the version before ends a migration
        connection.execute("UPDATE migrator.migration SET state = 'complete', version = version + 1 WHERE id = 'm'")
    engine.expand(one_shop.write("other", expand=AGE))
    assert held(one_shop) == {"users": "other"}


def test_a_migration_that_an_older_tool_began_goes_on(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    engine.expand(first)
    with connect(one_shop.dsn) as connection:
        connection.execute("DELETE FROM migrator.claim")
        connection.execute("DELETE FROM migrator.touched")
    engine.migrate(first)
    assert held(one_shop) == {"users": "m", "orders": "m"}
    assert engine.contract(first).after is State.COMPLETE


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;", "orders"),
        ("ALTER TABLE orders ADD COLUMN a int REFERENCES public.users;", "orders"),
        ("CREATE TABLE a (id int, u int REFERENCES users, FOREIGN KEY (id) REFERENCES orders);", "a"),
        ("ALTER TABLE a ADD FOREIGN KEY (parent) REFERENCES a;", "a"),
        ("CREATE INDEX CONCURRENTLY i ON users (name);", "users"),
        ("CREATE TRIGGER t BEFORE INSERT ON users EXECUTE FUNCTION f();", "users"),
        ("ALTER TABLE a RENAME TO b;", "a b"),
        ("ALTER TABLE a ATTACH PARTITION b DEFAULT;", "a b"),
        ("DROP TABLE a, b;", "a b"),
        ("UPDATE a SET x = (SELECT 1 FROM b);", "a"),
        ("DO $$ BEGIN ALTER TABLE a ADD COLUMN x int; END $$;", "a"),
        ("SELECT 1 FROM a;", ""),
        ("CREATE VIEW v AS SELECT 1 FROM a;", ""),
        ("COMMENT ON TABLE a IS 'x'; GRANT SELECT ON a TO PUBLIC;", "a"),
    ],
)
def test_what_is_claimed(one_shop: Shop, sql: str, tables: str) -> None:
    found = claimed_tables(one_shop.write("m", expand=sql), 17)
    assert " ".join(table.name for table in found) == tables


def test_backfilled_tables_are_claimed(one_shop: Shop) -> None:
    backfill = "[[backfill]]\ntable = 'public.orders'\nset = { amount = '1' }\n"
    found = claimed_tables(one_shop.write("m", expand="SELECT 1;", manifest=backfill), 17)
    assert found == (TableName("public", "orders"),)


def test_names_that_stand_for_nothing_and_circles(one_shop: Shop) -> None:
    engine = one_shop.engine()
    lost = one_shop.write("lost", expand="SELECT 1;", manifest=depends("nobody"))
    with pytest.raises(ManifestError, match="lost depends on nobody, which is neither in the folder nor"):
        engine.expand(lost)
    for name, on in (("a", "b"), ("b", "c"), ("c", "a")):
        one_shop.write(name, expand="SELECT 1;", manifest=depends(on))
    with pytest.raises(ManifestError, match="in a circle: a → b → c → a"):
        engine.expand(one_shop.migration("a"))
    own = one_shop.write("own", expand="SELECT 1;", manifest=depends("own"))
    with pytest.raises(ManifestError, match="own → own"):
        engine.expand(own)


def test_what_plan_says_is_in_the_way(one_shop: Shop) -> None:
    one_shop.engine().expand(one_shop.write("m", expand=NICK))
    with connect(one_shop.dsn) as connection:
        (found,) = claims.in_the_way(connection, "other", (), [TableName("public", "users")])
        assert (found.migration, found.state) == ("m", "expanded")
        assert claims.in_the_way(connection, "other", ("m",), [TableName("public", "users")]) == ()
